import DiskQueueTesting
import NSQCore
import Testing

@Suite("Manual time and seeded randomness")
struct ManualTimeTests {
    @Test func standsStillUntilItIsMoved() {
        let time = ManualTime(monotonicNanoseconds: 5, wallNanoseconds: 100)

        time.advance(by: .seconds(2))
        time.jumpWall(by: .milliseconds(-1))

        #expect(time.monotonicNanoseconds == 2_000_000_005)
        #expect(time.wallNanoseconds == 1_999_000_100)
    }

    @Test func repeatsTheSeriesOfASeed() {
        var one = SeededGenerator(seed: 42)
        var other = SeededGenerator(seed: 42)

        #expect((0..<100).map { _ in one.next() } == (0..<100).map { _ in other.next() })
        #expect((0..<100).allSatisfy { _ in (0..<7).contains(one.below(7)) })
    }
}
