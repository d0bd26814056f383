import HeapModule

/// The deliveries that are in flight, by run: messages that one consumer was sent at one time.
///
/// A message's code names its run, so a deadline is kept once a run and nothing scans.
struct DeliveryRuns {
    /// One run.
    struct Run {
        /// The consumer's id; 0 for a free slot.
        var owner: UInt32 = 0
        /// Messages of the run that are still in flight.
        var remaining: Int32 = 0
        /// Tells this use of the slot from earlier ones.
        var generation: UInt32 = 0
        /// The messages, as far as they are consecutive; others of the range have other codes.
        var range: Range<UInt64> = 0..<0
        /// When it was delivered, monotonic nanoseconds.
        var deliveredAt: Int64 = 0
        /// When its messages time out, monotonic nanoseconds.
        var deadline: Int64 = 0
    }

    private struct Deadline: Comparable {
        var at: Int64
        var run: UInt32
        var generation: UInt32

        static func < (left: Self, right: Self) -> Bool { left.at < right.at }
    }

    private(set) var runs: [Run] = [Run()]
    private var free: [UInt32] = []
    private var deadlines = Heap<Deadline>()
    private var liveCount = 0
    /// Messages of runs that are not consecutive.
    private var scattered: [UInt32: [UInt64]] = [:]

    /// Begins a run without messages; ``close(_:range:count:)`` completes it or gives it back.
    mutating func open(owner: UInt32, deliveredAt: Int64, deadline: Int64) -> UInt32 {
        let index: UInt32
        if let kept = free.popLast() {
            index = kept
        } else {
            index = UInt32(truncatingIfNeeded: runs.count)
            runs.append(Run())
        }
        let at = Int(index)
        runs[at].owner = owner
        runs[at].remaining = 0
        runs[at].deliveredAt = deliveredAt
        runs[at].deadline = deadline
        return index
    }

    /// Completes a run of `count` messages within `range`.
    mutating func close(_ index: UInt32, range: Range<UInt64>, count: Int) {
        guard count > 0 else {
            release(index)
            return
        }
        let at = Int(index)
        runs[at].range = range
        runs[at].remaining = Int32(truncatingIfNeeded: count)
        liveCount += 1
        deadlines.insert(
            Deadline(at: runs[at].deadline, run: index, generation: runs[at].generation)
        )
    }

    /// Completes a run of messages that are not consecutive.
    mutating func close(_ index: UInt32, messages: [UInt64]) {
        close(index, range: 0..<0, count: messages.count)
        if !messages.isEmpty { scattered[index] = messages }
    }

    /// Takes `count` messages out of a run; the run ends with its last one.
    mutating func settle(_ index: UInt32, count: Int32 = 1) {
        let at = Int(index)
        runs[at].remaining -= count
        guard runs[at].remaining <= 0 else { return }
        liveCount -= 1
        release(index)
        if deadlines.count > 64, deadlines.count > 2 * liveCount { dropStale() }
    }

    /// The run of that number.
    subscript(index: UInt32) -> Run { runs[Int(index)] }

    /// When the next run times out; `nil` while nothing is in flight.
    var nextDeadline: Int64? {
        mutating get {
            while let first = deadlines.min {
                if isLive(first) { return first.at }
                deadlines.removeMin()
            }
            return nil
        }
    }

    /// Takes the next run whose deadline is not after `now`, with the messages that may belong to it.
    mutating func popExpired(
        at now: Int64
    ) -> (run: UInt32, range: Range<UInt64>, others: [UInt64])? {
        guard let next = nextDeadline, next <= now else { return nil }
        let first = deadlines.removeMin()
        return (first.run, runs[Int(first.run)].range, scattered[first.run] ?? [])
    }

    /// Forgets everything.
    mutating func removeAll() {
        self = DeliveryRuns()
    }

    private func isLive(_ deadline: Deadline) -> Bool {
        let run = runs[Int(deadline.run)]
        return run.generation == deadline.generation && run.remaining > 0
    }

    private mutating func release(_ index: UInt32) {
        let at = Int(index)
        runs[at].owner = 0
        runs[at].remaining = 0
        runs[at].generation &+= 1
        if !scattered.isEmpty { scattered[index] = nil }
        free.append(index)
    }

    private mutating func dropStale() {
        deadlines = Heap(deadlines.unordered.filter { isLive($0) })
    }
}
