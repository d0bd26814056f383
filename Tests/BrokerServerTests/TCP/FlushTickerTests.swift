import BrokerServer
import NIOCore
import Testing

@Suite("Flush ticker")
struct FlushTickerTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func at(_ milliseconds: Int64) -> NIODeadline {
        start + .milliseconds(milliseconds)
    }

    @Test func waitsForTheNextTickOfAFixedRow() {
        var ticker = FlushTicker(start: start, period: .milliseconds(100))

        #expect(ticker.decide(at: at(30)) == .wait(until: at(100)))
        #expect(ticker.decide(at: at(100)) == .flush)
        #expect(ticker.decide(at: at(101)) == .wait(until: at(200)))
    }

    @Test func remembersOneMissedTickAndNoMore() {
        var ticker = FlushTicker(start: start, period: .milliseconds(100))

        #expect(ticker.decide(at: at(1050)) == .flush)
        #expect(ticker.decide(at: at(1050)) == .wait(until: at(1100)))
    }

    @Test func neverTicksWithoutAPeriod() {
        var ticker = FlushTicker(start: start, period: nil)

        #expect(ticker.decide(at: at(1_000_000)) == .never)
    }

    @Test(arguments: [Duration.zero, .milliseconds(-5), .nanoseconds(1)])
    func takesAPeriodThatIsNoneForAMillisecond(period: Duration) {
        var ticker = FlushTicker(start: start, period: period)

        #expect(ticker.decide(at: start) == .wait(until: at(1)))
    }
}
