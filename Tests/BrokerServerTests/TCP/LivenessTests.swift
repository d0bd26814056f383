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

    @Test func waitsShortlyForTheMagicAndThenForTheFirstHeartbeat() {
        var liveness = Liveness(start: start, interval: .seconds(30))
        #expect(liveness.wakeTime(inputIsHeld: false) == at(5))
        liveness.magicReceived(at: start + .milliseconds(1))

        #expect(liveness.wakeTime(inputIsHeld: false) == at(30) + .milliseconds(1))
    }

    @Test(arguments: [true, false])
    func closesWhenACommandDoesNotComeOn(hasHeartbeats: Bool) {
        var liveness = opened(interval: hasHeartbeats ? .seconds(30) : nil)
        liveness.inputPending(100, isNew: true, at: at(1))
        #expect(liveness.wakeTime(inputIsHeld: false) == at(8))
        liveness.inputPending(8000, isNew: false, at: at(2))
        let verdict = liveness.check(
            at: at(8),
            inputIsHeld: false,
            inputBytes: 8000,
            output: idle
        )
        #expect(verdict == .nothing)
        #expect(liveness.wakeTime(inputIsHeld: false) == at(15))
        let late = liveness.check(
            at: at(15),
            inputIsHeld: false,
            inputBytes: 8100,
            output: idle
        )
        #expect(late == .close(.piece))
    }

    @Test func isContentWhileCommandsAreCompleted() {
        var liveness = opened(interval: .seconds(30))
        for second in 1..<20 as Range<Int64> {
            liveness.commandCompleted(at: at(second))
            liveness.inputPending(10, isNew: true, at: at(second))
        }
        #expect(liveness.wakeTime(inputIsHeld: false) == at(26))
        liveness.inputPending(0, isNew: true, at: at(20))
        #expect(liveness.wakeTime(inputIsHeld: false) == at(30))
    }

    @Test func closesAPeerThatTakesNothingBeforeTheNextHeartbeat() {
        var liveness = opened(interval: .seconds(30))
        liveness.commandCompleted(at: at(20))
        liveness.outputStalled(taken: 500, at: at(1))
        #expect(liveness.wakeTime(inputIsHeld: false) == at(28))
        let output = Liveness.Output(written: 1000, pending: 500)
        #expect(liveness.check(at: at(28), inputIsHeld: false, output: output) == .close(.write))
    }

    @Test func letsAPeerThatTakesALittleGoOn() {
        var liveness = opened(interval: .seconds(30))
        liveness.commandCompleted(at: at(20))
        liveness.outputStalled(taken: 500, at: at(1))
        let output = Liveness.Output(written: 1000, pending: 499)
        #expect(liveness.check(at: at(28), inputIsHeld: false, output: output) == .nothing)
        liveness.outputTaken()
        #expect(liveness.wakeTime(inputIsHeld: false) == at(30))
    }

    @Test func givesAPeerHalfASecondToCloseBehindTheLastFrame() {
        var liveness = opened(interval: .seconds(30))
        liveness.lastFrameWritten(at: at(1))
        liveness.outputClosed(at: at(2))
        let end = at(2) + .milliseconds(500)
        #expect(liveness.wakeTime(inputIsHeld: true) == end)
        #expect(liveness.check(at: end, inputIsHeld: true, output: idle) == .close(.linger))
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
