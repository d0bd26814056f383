import BrokerServer
import NIOCore
import Testing

@Suite("Liveness")
struct LivenessTests {
    private let start = NIODeadline.uptimeNanoseconds(5_000_000_000)
    private let idle = Liveness.Output(written: 0, pending: 0)

    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    private func opened(interval: Duration? = .seconds(10)) -> Liveness {
        var liveness = Liveness(start: start, interval: interval)
        liveness.magicReceived(at: start)
        return liveness
    }

    @Test func keepsTheDefaultTimerForAClientThatSendsItsMagicAtOnce() {
        var liveness = Liveness(start: start, interval: .seconds(30))
        let first = liveness.wakeTime(inputIsHeld: false)
        liveness.magicReceived(at: start + .milliseconds(1))

        #expect(first == at(30))
        #expect(liveness.wakeTime(inputIsHeld: false) == at(30) + .milliseconds(1))
    }

    @Test func skipsHeartbeatsThatAStalledLoopMissed() {
        var liveness = opened()
        liveness.commandCompleted(at: at(30))

        #expect(liveness.check(at: at(35), inputIsHeld: false, output: idle) == .heartbeat)
        #expect(liveness.wakeTime(inputIsHeld: false) == at(40))
    }

    @Test func closesAfterTwoIntervalsWithoutACommand() {
        var liveness = opened()
        liveness.commandCompleted(at: at(3))
        #expect(liveness.check(at: at(20), inputIsHeld: false, output: idle) == .heartbeat)

        #expect(liveness.wakeTime(inputIsHeld: false) == at(23))
        #expect(liveness.check(at: at(23), inputIsHeld: false, output: idle) == .close(.read))
    }

    @Test func neverBlamesTheClientForInputThatIsHeld() {
        var liveness = opened()

        #expect(liveness.wakeTime(inputIsHeld: true) == at(10))
        #expect(liveness.check(at: at(50), inputIsHeld: true, output: idle) == .heartbeat)
    }

    @Test func closesWhenBytesWaitAWholeIntervalForThePeer() {
        var liveness = opened()
        liveness.commandCompleted(at: at(30))
        let first = Liveness.Output(written: 1000, pending: 600)
        let slow = Liveness.Output(written: 2000, pending: 1000)
        let stuck = Liveness.Output(written: 3000, pending: 1001)

        #expect(liveness.check(at: at(10), inputIsHeld: false, output: first) == .heartbeat)
        #expect(liveness.check(at: at(20), inputIsHeld: false, output: slow) == .heartbeat)
        #expect(liveness.check(at: at(30), inputIsHeld: false, output: stuck) == .close(.write))
    }

    @Test func hasNoDeadlineWithoutHeartbeatsButForTheLastFrame() {
        var liveness = opened(interval: nil)
        #expect(liveness.wakeTime(inputIsHeld: false) == nil)
        #expect(liveness.check(at: at(9999), inputIsHeld: false, output: idle) == .nothing)
        liveness.lastFrameWritten(at: at(9999))

        #expect(liveness.wakeTime(inputIsHeld: false) == at(9999 + 30))
        #expect(
            liveness.check(at: at(9999 + 30), inputIsHeld: false, output: idle) == .close(.write)
        )
    }

    @Test func survivesAnIntervalOfCenturies() {
        let liveness = opened(interval: .seconds(9_000_000_000))

        #expect(liveness.wakeTime(inputIsHeld: false) == at(9_000_000_000))
    }
}
