/// A channel as it lies on disk.
///
/// What was in flight when the process ended waits again.
package struct ChannelInspection: Sendable {
    /// The number that names its ledger.
    package let id: UInt64
    /// The channel's name.
    package let name: String
    /// Whether the channel is paused.
    package let isPaused: Bool
    /// The messages that the channel was given: from where it began to where the pump stands.
    package let received: Range<UInt64>
    /// Every message below it is finished.
    package let ackFloor: UInt64
    /// Messages that wait to be delivered.
    package let depth: UInt64
    /// Messages that wait for their time.
    package let deferredCount: UInt64
    /// When the first of them is due, milliseconds since the Unix epoch; `nil` without one.
    package let nextDueMilliseconds: UInt64?
    /// Messages among ``depth`` that were delivered before.
    package let redeliveredCount: UInt64
    /// Messages among ``depth`` that were in flight for the first time when the ledger was last written.
    package let inFlightCount: UInt64
    /// The first message that is not finished; `nil` when all are.
    package let firstUnfinished: UInt64?

    /// Counts the checkpoints that began a new ledger file, by the file or by the metadata's copy.
    let generation: UInt64
    let state: ChannelState
    /// What is finished above the floor, ascending.
    let finishedRanges: [Range<UInt64>]
    private let nowMilliseconds: UInt64

    init(
        _ member: Roster.Member,
        state: ChannelState,
        generation: UInt64,
        topic: TopicInspection,
        nowMilliseconds: Int64
    ) {
        self.generation = generation
        id = member.id
        name = member.name
        isPaused = member.isPaused
        self.state = state
        finishedRanges = state.finishedRanges
        self.nowMilliseconds = UInt64(clamping: nowMilliseconds)
        let floor = min(max(state.ackFloor, member.startSequence), topic.pump)
        ackFloor = floor
        received = min(member.startSequence, topic.pump)..<topic.pump

        let open = floor..<topic.pump
        // Without those that were published with a delay: their first delivery is noted nowhere.
        let given = floor..<min(max(state.deliveredEnd, floor), topic.pump)
        var waiting = topic.counts.count(in: open)
        let givenCount = topic.counts.count(in: given)
        var settled: UInt64 = 0
        for range in finishedRanges {
            waiting -= topic.counts.count(in: range.clamped(to: open))
            settled += topic.counts.count(in: range.clamped(to: given))
        }
        var deferred: UInt64 = 0
        var redelivered: UInt64 = 0
        var nextDue: UInt64?
        func note(_ redelivery: ChannelState.Redelivery, _ count: UInt64) {
            let due = Self.due(redelivery, nowMilliseconds: UInt64(clamping: nowMilliseconds))
            if let due {
                deferred += count
                nextDue = min(nextDue ?? due, due)
            } else if redelivery.attempts > 0 {
                redelivered += count
            }
        }
        for (sequence, redelivery) in state.redeliveries
        where open.contains(sequence) && topic.counts.contains(sequence) {
            note(redelivery, 1)
            if given.contains(sequence) { settled += 1 }
        }
        for batch in topic.deferred where batch.sequences.overlaps(open) {
            let held = batch.sequences.clamped(to: open).filter {
                !state.isFinished($0) && state.redeliveries[$0] == nil
            }
            if !held.isEmpty { note(batch.redelivery, UInt64(held.count)) }
            settled += UInt64(held.count { given.contains($0) })
        }
        depth = waiting - min(waiting, deferred)
        deferredCount = deferred
        redeliveredCount = redelivered
        // A made-up checkpoint may name a message twice.
        inFlightCount = givenCount - min(givenCount, settled)
        nextDueMilliseconds = nextDue
        firstUnfinished = waiting > 0 ? Self.firstUnfinished(in: open, finishedRanges, topic) : nil
    }

    /// The channel as another state than its ledger's would have it.
    init(_ channel: ChannelInspection, state: ChannelState, topic: TopicInspection) {
        self.init(
            Roster.Member(
                id: channel.id,
                name: channel.name,
                isPaused: channel.isPaused,
                startSequence: channel.received.lowerBound
            ),
            state: state,
            generation: channel.generation,
            topic: topic,
            nowMilliseconds: Int64(clamping: channel.nowMilliseconds)
        )
    }

    /// What became of message `sequence` in this channel.
    ///
    /// `batch`: the deferral that it was published with.
    package func state(of sequence: UInt64, deferredAs batch: DeferredBatch?) -> MessageState {
        if sequence < received.lowerBound { return .notReceived }
        if sequence >= received.upperBound { return .held }
        if sequence < ackFloor || state.isFinished(sequence) { return .finished }
        let redelivery = state.redeliveries[sequence] ?? batch?.redelivery
        guard let redelivery else {
            return sequence < state.deliveredEnd ? .inFlight : .queued(attempts: 0)
        }
        if let due = Self.due(redelivery, nowMilliseconds: nowMilliseconds) {
            return .deferred(attempts: redelivery.attempts, dueMilliseconds: due)
        }
        return .queued(attempts: redelivery.attempts)
    }

    /// When a message comes back; `nil` when it waits no longer.
    private static func due(
        _ redelivery: ChannelState.Redelivery,
        nowMilliseconds now: UInt64
    ) -> UInt64? {
        guard redelivery.dueMilliseconds > now else { return nil }
        // The delay bounds the wait when the clock was set back.
        return min(redelivery.dueMilliseconds, now.addingSaturated(redelivery.delayMilliseconds))
    }

    private static func firstUnfinished(
        in range: Range<UInt64>,
        _ finishedRanges: [Range<UInt64>],
        _ topic: TopicInspection
    ) -> UInt64? {
        var next = range.lowerBound
        for finished in finishedRanges + [range.upperBound..<range.upperBound] {
            if let first = topic.counts.first(in: next..<max(next, finished.lowerBound)) {
                return first < range.upperBound ? first : nil
            }
            next = max(next, finished.upperBound)
        }
        return nil
    }
}

/// What became of a message in a channel.
package enum MessageState: Sendable, Equatable {
    /// The channel was made after it.
    case notReceived
    /// The topic holds it back: it is paused.
    case held
    /// A consumer finished it, or the channel was emptied.
    case finished
    /// It waits to be delivered; `attempts` deliveries are known.
    case queued(attempts: UInt16)
    /// It was delivered for the first time when the ledger was last written, and waits again after a crash.
    case inFlight
    /// It waits for its time, milliseconds since the Unix epoch.
    case deferred(attempts: UInt16, dueMilliseconds: UInt64)
}

extension DeferredBatch {
    /// How each message of the batch waits before its first delivery.
    var redelivery: ChannelState.Redelivery {
        ChannelState.Redelivery(
            attempts: 0,
            dueMilliseconds: untilMilliseconds,
            delayMilliseconds: delayMilliseconds
        )
    }
}

extension UInt64 {
    fileprivate func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
