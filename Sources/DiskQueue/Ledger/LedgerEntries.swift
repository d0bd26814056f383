private import NSQCore

/// The entries of one flush: what changed a channel's delivery state, compact.
///
/// An entry is a kind byte and LEB128 integers; sequences are zigzag differences from the entry before.
package struct LedgerEntries {
    private enum Kind: UInt8 {
        case finished = 1
        case requeued = 2
        case deferred = 3
        case timedOut = 4
        case emptied = 5
        case delivered = 6
    }

    private var writer = ByteWriter()
    private var last: UInt64 = 0
    private var runStart: UInt64 = 0
    private var runEnd: UInt64 = 0
    private var deliveredEnd: UInt64?

    /// Nothing noted yet.
    package init() {}

    /// Whether nothing was noted.
    package var isEmpty: Bool {
        writer.bytes.isEmpty && runStart == runEnd && deliveredEnd == nil
    }

    /// About how many bytes were noted.
    package var byteCount: Int { writer.bytes.count }

    /// Notes finished messages; runs that touch become one entry.
    package mutating func finished(_ range: Range<UInt64>) {
        if range.lowerBound == runEnd, runStart != runEnd {
            runEnd = range.upperBound
            return
        }
        closeRun()
        runStart = range.lowerBound
        runEnd = range.upperBound
    }

    /// Notes a message that waits in the queue again.
    package mutating func requeued(_ sequence: UInt64, attempts: UInt16, isTimeout: Bool) {
        closeRun()
        begin(isTimeout ? .timedOut : .requeued, sequence)
        writer.writeVariable(UInt64(attempts))
    }

    /// Notes a message that waits for its time.
    package mutating func deferred(_ sequence: UInt64, _ redelivery: ChannelState.Redelivery) {
        closeRun()
        begin(.deferred, sequence)
        writer.writeVariable(UInt64(redelivery.attempts))
        writer.writeVariable(redelivery.dueMilliseconds)
        writer.writeVariable(redelivery.delayMilliseconds)
    }

    /// Notes that everything below `end` is done with.
    package mutating func emptied(below end: UInt64) {
        closeRun()
        begin(.emptied, end)
    }

    /// Notes that what lies below `end` was delivered for the first time; of several, the last one counts.
    package mutating func delivered(below end: UInt64) { deliveredEnd = end }

    /// The payload of the block; afterwards nothing is noted.
    package mutating func take() -> [UInt8] {
        closeRun()
        if let deliveredEnd { begin(.delivered, deliveredEnd) }
        defer { self = LedgerEntries() }
        return writer.bytes
    }

    private mutating func closeRun() {
        guard runStart != runEnd else { return }
        begin(.finished, runStart)
        writer.writeVariable(runEnd - runStart)
        last = runEnd
        runStart = 0
        runEnd = 0
    }

    private mutating func begin(_ kind: Kind, _ sequence: UInt64) {
        writer.write(kind.rawValue)
        let difference = Int64(bitPattern: sequence &- last)
        writer.writeVariable(UInt64(bitPattern: (difference << 1) ^ (difference >> 63)))
        last = sequence
    }

    /// Applies a block's entries to `state`; stops at the first that it cannot read.
    ///
    /// - Returns: whether all were read.
    package static func apply(
        _ payload: UnsafeRawBufferPointer,
        to state: inout ChannelState
    ) -> Bool {
        var reader = ByteReader(payload)
        var last: UInt64 = 0
        while !reader.isAtEnd {
            guard let raw = reader.read(UInt8.self), let kind = Kind(rawValue: raw),
                let zigzag = reader.readVariable()
            else { return false }
            let difference = (zigzag >> 1) ^ (0 &- (zigzag & 1))
            let sequence = last &+ difference
            guard sequence <= MessageID.maximumSequence else { return false }
            last = sequence
            switch kind {
            case .finished:
                guard let count = reader.readVariable(), count <= SequenceSet.maximumRange,
                    sequence &+ count >= sequence
                else {
                    return false
                }
                state.finish(sequence..<sequence &+ count)
                last = sequence &+ count
            case .requeued, .timedOut:
                guard let attempts = reader.readVariable() else { return false }
                state.requeue(
                    sequence,
                    ChannelState.Redelivery(attempts: UInt16(truncatingIfNeeded: attempts))
                )
            case .deferred:
                guard let attempts = reader.readVariable(), let due = reader.readVariable(),
                    let delay = reader.readVariable()
                else { return false }
                state.requeue(
                    sequence,
                    ChannelState.Redelivery(
                        attempts: UInt16(truncatingIfNeeded: attempts),
                        dueMilliseconds: due,
                        delayMilliseconds: delay
                    )
                )
            case .emptied:
                state.empty(below: sequence)
            case .delivered:
                state.deliveredEnd = sequence
            }
        }
        return true
    }
}
