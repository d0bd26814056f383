import DiskQueue
import DiskQueueTesting
import Testing

/// The set of finished sequences against a plain set.
@Suite("Sequence set", .timeLimit(.minutes(10)))
struct SequenceSetTests {
    private func check(_ set: SequenceSet, _ model: Set<UInt64>, from start: UInt64) throws {
        var floor = start
        while model.contains(floor) { floor += 1 }
        try #require(set.floor == floor)
        let above = model.filter { $0 > floor }.sorted()
        try #require(set.ranges.flatMap { Array($0) } == above)
        try #require(
            zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
        )
    }

    @Test(arguments: 0..<12)
    func agreesWithAPlainSet(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let start = UInt64([0, 5, 1024, 1 << 40, (1 << 40) + 1000][generator.below(5)])
        var set = SequenceSet(floor: start)
        var model: Set<UInt64> = []
        for _ in 0..<150 {
            let low = start + UInt64(generator.below(6000))
            let count = UInt64([0, 1, 1, 1, 2, 30, 1024, 3000][generator.below(8)])
            // Some begin below the floor.
            let range = (generator.below(9) == 0 ? min(low, set.floor) : low)..<low + count
            set.insert(range)
            model.formUnion(range)
            try check(set, model, from: start)
            for _ in 0..<5 {
                let probe = start + UInt64(generator.below(10_000))
                try #require(set.contains(probe) == model.contains(probe))
            }
        }
        #expect(start == 0 || set.contains(start - 1))
    }

    @Test func singleInsertsInAnyOrderEndAsOneFloor() {
        var generator = SeededGenerator(seed: 9)
        var set = SequenceSet(floor: 100)
        for sequence in (100..<5100).shuffled(using: &generator) {
            set.insert(UInt64(sequence)..<UInt64(sequence) + 1)
        }
        #expect(set.floor == 5100)
        #expect(set.ranges.isEmpty)
    }
}
