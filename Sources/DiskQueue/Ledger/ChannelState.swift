private import NSQCore

/// What is known of a channel's deliveries when nothing is in flight: the meaning of its ledger.
///
/// A value: entries are applied in the order in which they happened.
package struct ChannelState: Equatable, Sendable {
    /// A message that was delivered before, or waits for its time.
    package struct Redelivery: Equatable, Sendable {
        /// Deliveries so far.
        package var attempts: UInt16
        /// When it is due, milliseconds since the Unix epoch; 0 when it waits in the queue.
        package var dueMilliseconds: UInt64
        /// The delay asked for, milliseconds: the longest wait after a restart.
        package var delayMilliseconds: UInt64

        /// Composes a redelivery.
        package init(attempts: UInt16, dueMilliseconds: UInt64 = 0, delayMilliseconds: UInt64 = 0) {
            self.attempts = attempts
            self.dueMilliseconds = dueMilliseconds
            self.delayMilliseconds = delayMilliseconds
        }
    }

    private var finished: SequenceSet
    /// Messages that are not finished and not fresh, by sequence.
    package private(set) var redeliveries: [UInt64: Redelivery] = [:]
    /// What is fresh below it was in flight when the ledger was last written: only for inspection.
    package var deliveredEnd: UInt64 = 0

    /// The state of a channel that has everything from `start` on before it.
    package init(start: UInt64) { finished = SequenceSet(floor: start) }

    /// Every message below it is finished.
    package var ackFloor: UInt64 { finished.floor }

    /// What is finished above the floor, ascending.
    package var finishedRanges: [Range<UInt64>] { finished.ranges }

    /// Every sequence that the state names is below it.
    var namedEnd: UInt64 {
        let finished = finishedRanges.last?.upperBound ?? ackFloor
        return max(ackFloor, finished, (redeliveries.keys.max() ?? 0) + 1)
    }

    /// Whether message `sequence` is finished.
    package func isFinished(_ sequence: UInt64) -> Bool { finished.contains(sequence) }

    /// Notes finished messages.
    package mutating func finish(_ range: Range<UInt64>) {
        finished.insert(range)
        guard !redeliveries.isEmpty else { return }
        if range.count == 1 {
            redeliveries[range.lowerBound] = nil
        } else {
            redeliveries = redeliveries.filter { !range.contains($0.key) }
        }
    }

    /// Notes that a message waits again; one that is finished stays so.
    package mutating func requeue(_ sequence: UInt64, _ redelivery: Redelivery) {
        guard !finished.contains(sequence) else { return }
        redeliveries[sequence] = redelivery
    }

    /// Notes that the channel was emptied: everything below `end` is done with.
    package mutating func empty(below end: UInt64) {
        finished.insert(min(finished.floor, end)..<end)
        redeliveries = redeliveries.filter { $0.key >= end }
    }

    /// The checkpoint's bytes.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.write(ackFloor)
        let ranges = finishedRanges
        writer.writeVariable(UInt64(ranges.count))
        var last = ackFloor
        for range in ranges {
            writer.writeVariable(range.lowerBound - last)
            writer.writeVariable(range.upperBound - range.lowerBound)
            last = range.upperBound
        }
        writer.writeVariable(UInt64(redeliveries.count))
        last = ackFloor
        for sequence in redeliveries.keys.sorted() {
            guard let redelivery = redeliveries[sequence] else { continue }
            writer.writeVariable(sequence - last)
            writer.writeVariable(UInt64(redelivery.attempts))
            writer.writeVariable(redelivery.dueMilliseconds)
            writer.writeVariable(redelivery.delayMilliseconds)
            last = sequence
        }
        return writer.bytes
    }

    /// Reads a checkpoint whose checksum held; `nil` when it is not one.
    package init?(decoding bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let floor = reader.read(UInt64.self), floor <= MessageID.maximumSequence + 1,
            let rangeCount = reader.readVariable()
        else { return nil }
        finished = SequenceSet(floor: floor)
        var last = floor
        for _ in 0..<rangeCount {
            guard let skipped = reader.readVariable(), let count = reader.readVariable() else {
                return nil
            }
            let start = last &+ skipped
            let end = start &+ count
            guard start >= last, end >= start, count <= SequenceSet.maximumRange,
                end <= MessageID.maximumSequence + 1
            else { return nil }
            finished.insert(start..<end)
            last = end
        }
        guard let redeliveryCount = reader.readVariable() else { return nil }
        last = floor
        for _ in 0..<redeliveryCount {
            guard let skipped = reader.readVariable(), let attempts = reader.readVariable(),
                let due = reader.readVariable(), let delay = reader.readVariable()
            else { return nil }
            guard last <= MessageID.maximumSequence, skipped <= MessageID.maximumSequence - last
            else { return nil }
            last += skipped
            redeliveries[last] = Redelivery(
                attempts: UInt16(truncatingIfNeeded: attempts),
                dueMilliseconds: due,
                delayMilliseconds: delay
            )
        }
    }
}
