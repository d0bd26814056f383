import DequeModule
import DiskQueue
import HeapModule

/// What a channel guards with its lock: decisions only, never I/O.
///
/// A channel is a cursor over the topic's log, a window of what was delivered and not finished, a queue of what
/// is to be delivered again, and a set of what waits for its time. Source: design §4, `nsqd` spec 3.
struct ChannelCore: ~Copyable {
    /// A consumer's place in the channel.
    struct Member {
        var id: UInt32
        var consumer: Consumer
        var counts = Consumer.Counts()
        var isWaiting = false
    }

    /// A message that waits for its time.
    struct Due: Comparable {
        /// Monotonic nanoseconds.
        var at: Int64
        var sequence: UInt64

        static func < (left: Self, right: Self) -> Bool {
            (left.at, left.sequence) < (right.at, right.sequence)
        }
    }

    /// A message in the queue of redeliveries.
    struct Waiting {
        var sequence: UInt64
        /// The message waits until the cursor gets here, so that it queues behind what was there before it,
        /// though never behind more than ``ChannelCore/retryPatience`` messages.
        var notBefore: UInt64
    }

    /// Fresh messages that may go before one that is delivered again: a backlog must not starve it.
    static let retryPatience: UInt64 = 256

    /// Wait after a read that failed before the next one, nanoseconds.
    static let readPause: Int64 = 1_000_000_000

    /// Where the channel reads.
    struct Reader {
        var chunk: LogChunk?
        /// Offset in the chunk of the next message or batch header.
        var offset = 0
        /// Messages left in the batch at the offset; 0 at a header.
        var left = 0
        /// Where the next chunk begins; `nil` when it has to be looked up.
        var next: LogPosition?
        /// What was not read yet when the log was last searched for the cursor.
        var sought: Range<UInt64> = 0..<0
        /// Someone is reading the next chunk.
        var isLoading = false
    }

    var window: DeliveryWindow
    var runs = DeliveryRuns()
    /// The first message that was never looked at.
    var cursor: UInt64
    /// How far the topic's pump lets the channel read.
    var readable: UInt64
    /// How far it let when the daemon started: what lay on disk then counts as the original's backend.
    var storedEnd: UInt64 = 0
    /// Messages at or behind the cursor, before `readable`, that are not fresh.
    var detachedAhead: UInt64 = 0
    var reader = Reader()
    var retries = Deque<Waiting>()
    var deferred = Heap<Due>()
    /// What the ledger says of deferred messages, for checkpoints.
    var deferrals: [UInt64: ChannelState.Redelivery] = [:]
    /// Deliveries so far of messages that were delivered and came back.
    var attempts: [UInt64: UInt16] = [:]
    var members: [Member?] = []
    var memberSlots: [UInt32: Int] = [:]
    var waiting = Deque<UInt32>()
    /// Whether a consumer was nearer than others; while there is none nobody is looked for.
    var hasNearConsumers = false
    var deliveries = ProximityCounts()
    var nextMemberID: UInt32 = 1
    /// Rises with each empty: what was read before it must not be delivered after it.
    var epoch: UInt64 = 0

    /// No more deliveries, because the daemon stops; nothing of it is kept.
    var isDraining = false
    var isPaused: Bool
    var isClosed = false
    var inFlightCount: Int64 = 0
    var messageCount: UInt64 = 0
    var requeueCount: UInt64 = 0
    var timeoutCount: UInt64 = 0
    /// When the scheduler will look at the channel, monotonic nanoseconds, the next time last.
    ///
    /// A later look that is planned already is not planned again when an earlier one has happened.
    var planned: [Int64] = []
    /// When a read that failed is tried again, monotonic nanoseconds.
    var readAgainAt = Int64.max
    /// Cap of an ephemeral channel's queue; `nil` for none.
    let capacity: UInt64?
    /// Messages that sampling dropped and the ledger has not been told of.
    var sampledAway: [Range<UInt64>] = []
    var sampling = Sampling()
    /// Whether the delivery state changed since it was last checkpointed.
    var isChanged = false

    /// A channel whose first message is `start`; nothing is readable yet.
    init(start: UInt64, isPaused: Bool, capacity: UInt64?) {
        window = DeliveryWindow(floor: start)
        cursor = start
        readable = start
        self.isPaused = isPaused
        self.capacity = capacity
    }

    /// Messages that wait to be delivered: neither in flight nor deferred.
    var depth: Int64 {
        Int64(clamping: readable - cursor - min(detachedAhead, readable - cursor))
            + Int64(retries.count)
    }

    /// How many of ``depth`` lay on disk when the daemon started.
    ///
    /// Looks at every redelivery; for statistics.
    var storedDepth: Int64 {
        guard storedEnd > 0 else { return 0 }
        let fresh = readable - cursor - min(detachedAhead, readable - cursor)
        let stored = storedEnd > cursor ? min(fresh, storedEnd - cursor) : 0
        // One that came back since waits behind the cursor's place of that time.
        let redelivered = retries.count { $0.notBefore == 0 && $0.sequence < storedEnd }
        return Int64(clamping: stored) + Int64(redelivered)
    }

    /// When something becomes due next, monotonic nanoseconds.
    var nextDue: Int64 {
        mutating get {
            min(runs.nextDeadline ?? .max, deferred.min?.at ?? .max, readAgainAt)
        }
    }

    // MARK: - What the topic tells

    /// The pump moved to `end`, past `count` messages.
    ///
    /// `gaps`: ranges below `end` that hold no message.
    /// `deferred`: messages below `end` that wait for their time, with the monotonic time they are due.
    mutating func advance(
        to end: UInt64,
        count: UInt64,
        gaps: [Range<UInt64>],
        deferred batches: [(batch: DeferredBatch, due: Int64)]
    ) {
        for gap in gaps where gap.upperBound > cursor {
            detachedAhead += window.markFinished(max(gap.lowerBound, cursor)..<gap.upperBound)
        }
        readable = max(readable, end)
        messageCount += count
        for (batch, due) in batches {
            let redelivery = ChannelState.Redelivery(
                attempts: 0,
                dueMilliseconds: batch.untilMilliseconds,
                delayMilliseconds: batch.delayMilliseconds
            )
            for sequence in batch.sequences where sequence >= cursor {
                guard window.code(of: sequence) == DeliveryWindow.fresh else { continue }
                hold(sequence, redelivery, due: due, isAhead: true)
                detachedAhead += 1
            }
        }
        dropOverflow()
        wake(Int(clamping: count))
    }

    /// Puts a message into the deferred set.
    mutating func hold(
        _ sequence: UInt64,
        _ redelivery: ChannelState.Redelivery,
        due: Int64,
        isAhead: Bool
    ) {
        window.set(DeliveryWindow.deferred, of: sequence, isAhead: isAhead)
        deferred.insert(Due(at: due, sequence: sequence))
        deferrals[sequence] = redelivery
    }

    /// An ephemeral channel that is full drops the newest messages silently.
    ///
    /// Source: `nsqd` spec 3.1.
    private mutating func dropOverflow() {
        guard let capacity, depth > 0, UInt64(depth) > capacity else { return }
        let excess = min(UInt64(depth) - capacity, readable - cursor)
        detachedAhead += window.markFinished(readable - excess..<readable)
    }

    // MARK: - Consumers

    /// The nearest waiting consumer, of several the one that waits longest.
    private mutating func popNearest() -> UInt32? {
        guard hasNearConsumers, waiting.count > 1 else { return waiting.popFirst() }
        let nearest = waiting.indices.min {
            proximity(of: waiting[$0]) < proximity(of: waiting[$1])
        }
        return nearest.map { waiting.remove(at: $0) }
    }

    private func proximity(of id: UInt32) -> Proximity {
        memberSlots[id].flatMap { members[$0]?.consumer.proximity } ?? .global
    }

    /// Tells up to `count` waiting consumers that there is something to take.
    mutating func wake(_ count: Int) {
        var rest = count
        while rest > 0, !isPaused, let id = popNearest() {
            guard let slot = memberSlots[id], let consumer = members[slot]?.consumer else {
                continue
            }
            members[slot]?.isWaiting = false
            consumer.delegate?.consumerShouldPump()
            rest -= 1
        }
    }

    /// Tells the consumer of that id that there may be room.
    func wakeOwner(_ id: UInt32) {
        guard let slot = memberSlots[id] else { return }
        members[slot]?.consumer.delegate?.consumerShouldPump()
    }

    /// Tells every consumer that something changed.
    mutating func wakeAll() {
        waiting.removeAll()
        for slot in members.indices where members[slot] != nil {
            members[slot]?.isWaiting = false
            members[slot]?.consumer.delegate?.consumerShouldPump()
        }
    }

    // MARK: - Restart

    /// Takes over what the ledger says, once the channel is readable.
    ///
    /// `now`: monotonic nanoseconds.
    /// `wallMilliseconds`: milliseconds since the Unix epoch.
    mutating func restore(_ state: ChannelState, now: Int64, wallMilliseconds: UInt64) {
        // The ledger may be of another log than this one: it says nothing outside of it.
        for range in state.finishedRanges where range.lowerBound < readable {
            let start = max(range.lowerBound, cursor)
            let end = max(start, min(range.upperBound, readable))
            detachedAhead += window.markFinished(start..<end)
        }
        for sequence in state.redeliveries.keys.sorted() where sequence < readable {
            guard let redelivery = state.redeliveries[sequence], sequence >= cursor else {
                continue
            }
            let code = window.code(of: sequence)
            guard code != DeliveryWindow.finished else { continue }
            if code == DeliveryWindow.fresh { detachedAhead += 1 }
            if redelivery.attempts > 0 { attempts[sequence] = redelivery.attempts }
            let wait = Self.wait(redelivery, wallMilliseconds: wallMilliseconds)
            if redelivery.dueMilliseconds > 0, wait > 0 {
                hold(sequence, redelivery, due: now &+ wait, isAhead: true)
            } else {
                window.set(DeliveryWindow.queued, of: sequence, isAhead: true)
                retries.append(Waiting(sequence: sequence, notBefore: 0))
            }
        }
    }

    /// Nanoseconds until a deferred message is due: never longer than its delay, whatever the wall clock did.
    static func wait(
        _ redelivery: ChannelState.Redelivery,
        wallMilliseconds: UInt64
    ) -> Int64 {
        guard redelivery.dueMilliseconds > wallMilliseconds else { return 0 }
        let rest = min(
            redelivery.dueMilliseconds - wallMilliseconds,
            redelivery.delayMilliseconds
        )
        let (nanoseconds, overflow) = rest.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max / 2 : min(.max / 2, Int64(clamping: nanoseconds))
    }
}
