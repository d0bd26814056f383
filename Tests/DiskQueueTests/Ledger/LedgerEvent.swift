import DiskQueue
import DiskQueueTesting

/// One change of a channel's delivery state, for all that a ledger can note.
enum LedgerEvent: Equatable {
    case finished(Range<UInt64>)
    case requeued(UInt64, attempts: UInt16, isTimeout: Bool)
    case deferred(UInt64, ChannelState.Redelivery)
    case emptied(below: UInt64)
    case delivered(below: UInt64)

    static func random(
        from start: UInt64,
        using generator: inout SeededGenerator
    ) -> LedgerEvent {
        let sequence = start + UInt64(generator.below(3000))
        switch generator.below(22) {
        case 0..<9:
            let count = UInt64([1, 1, 1, 2, 5, 500][generator.below(6)])
            return .finished(sequence..<sequence + count)
        case 9..<14:
            return .requeued(
                sequence,
                attempts: UInt16(1 + generator.below(65_535)),
                isTimeout: generator.below(2) == 0
            )
        case 14..<19:
            return .deferred(
                sequence,
                ChannelState.Redelivery(
                    attempts: UInt16(generator.below(10)),
                    dueMilliseconds: generator.next() >> UInt64(generator.below(64)) | 1,
                    delayMilliseconds: generator.next() >> UInt64(generator.below(64))
                )
            )
        case 19, 20:
            return .delivered(below: sequence)
        default:
            return .emptied(below: start + UInt64(generator.below(1000)))
        }
    }

    func apply(to state: inout ChannelState) {
        switch self {
        case .finished(let range): state.finish(range)
        case .requeued(let sequence, let attempts, _):
            state.requeue(sequence, ChannelState.Redelivery(attempts: attempts))
        case .deferred(let sequence, let redelivery): state.requeue(sequence, redelivery)
        case .emptied(let end): state.empty(below: end)
        case .delivered(let end): state.deliveredEnd = end
        }
    }

    func note(in entries: inout LedgerEntries) {
        switch self {
        case .finished(let range): entries.finished(range)
        case .requeued(let sequence, let attempts, let isTimeout):
            entries.requeued(sequence, attempts: attempts, isTimeout: isTimeout)
        case .deferred(let sequence, let redelivery): entries.deferred(sequence, redelivery)
        case .emptied(let end): entries.emptied(below: end)
        case .delivered(let end): entries.delivered(below: end)
        }
    }

    func note(in ledger: Ledger) {
        switch self {
        case .finished(let range): ledger.finished(range)
        case .requeued(let sequence, let attempts, let isTimeout):
            ledger.requeued(sequence, attempts: attempts, isTimeout: isTimeout)
        case .deferred(let sequence, let redelivery): ledger.deferred(sequence, redelivery)
        case .emptied(let end): ledger.emptied(below: end)
        case .delivered(let end): ledger.delivered(below: end)
        }
    }
}

extension ChannelState {
    /// Whether both say the same of every sequence.
    func says(_ other: ChannelState) -> Bool {
        ackFloor == other.ackFloor && finishedRanges == other.finishedRanges
            && redeliveries == other.redeliveries
    }

    /// Whether everything that is finished here is finished there.
    func isWithin(_ other: ChannelState) -> Bool {
        ackFloor <= other.ackFloor
            && finishedRanges.joined().allSatisfy { other.isFinished($0) }
    }
}
