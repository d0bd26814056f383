import DiskQueue
import DiskQueueTesting
import Testing

/// What a ledger's entries mean, and how a checkpoint holds it.
@Suite("Channel state", .timeLimit(.minutes(10)))
struct ChannelStateTests {
    private struct Model {
        var start: UInt64
        var finished: Set<UInt64> = []
        var redeliveries: [UInt64: ChannelState.Redelivery] = [:]

        mutating func apply(_ event: LedgerEvent) {
            switch event {
            case .finished(let range):
                finished.formUnion(range)
                for sequence in range { redeliveries[sequence] = nil }
            case .requeued(let sequence, let attempts, _):
                requeue(sequence, ChannelState.Redelivery(attempts: attempts))
            case .deferred(let sequence, let redelivery):
                requeue(sequence, redelivery)
            case .emptied(let end):
                if end > start { finished.formUnion(start..<end) }
                redeliveries = redeliveries.filter { $0.key >= end }
            case .delivered: break
            }
        }

        private mutating func requeue(_ sequence: UInt64, _ redelivery: ChannelState.Redelivery) {
            if sequence < start || finished.contains(sequence) { return }
            redeliveries[sequence] = redelivery
        }
    }

    @Test(arguments: [1 << 54, UInt64.max] as [UInt64])
    func aCheckpointOfNumbersThatNoMessageHasIsNone(sequence: UInt64) {
        func decoded(floor: UInt64, redelivery: UInt64) -> ChannelState? {
            var state = ChannelState(start: floor)
            state.requeue(redelivery, ChannelState.Redelivery(attempts: 1))
            return state.encoded().withUnsafeBytes { ChannelState(decoding: $0) }
        }
        #expect(decoded(floor: 5, redelivery: (1 << 54) - 1) != nil)
        #expect(decoded(floor: 5, redelivery: sequence) == nil)
        #expect(decoded(floor: sequence, redelivery: sequence) == nil)
    }

    private func check(_ state: ChannelState, _ model: Model) throws {
        var floor = model.start
        while model.finished.contains(floor) { floor += 1 }
        try #require(state.ackFloor == floor)
        let above = model.finished.filter { $0 > floor }.sorted()
        try #require(state.finishedRanges.flatMap { Array($0) } == above)
        try #require(state.redeliveries == model.redeliveries)
    }

    @Test(arguments: 0..<12)
    func agreesWithAPlainModelAndSurvivesItsCheckpoint(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let start = UInt64([0, 7, 1 << 50][generator.below(3)])
        var state = ChannelState(start: start)
        var model = Model(start: start)
        for _ in 0..<200 {
            let event = LedgerEvent.random(from: start, using: &generator)
            model.apply(event)
            event.apply(to: &state)
            try check(state, model)
            let copy = state.encoded().withUnsafeBytes { ChannelState(decoding: $0) }
            try check(try #require(copy), model)
        }
    }

    @Test func aCutCheckpointIsRefusedAndNoneTraps() throws {
        var generator = SeededGenerator(seed: 4)
        var state = ChannelState(start: 1 << 40)
        for _ in 0..<60 { LedgerEvent.random(from: 1 << 40, using: &generator).apply(to: &state) }
        let bytes = state.encoded()
        for count in 0..<bytes.count {
            #expect(Array(bytes[..<count]).withUnsafeBytes { ChannelState(decoding: $0) } == nil)
        }
    }
}
