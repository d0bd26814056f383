import NIOCore
import ServerSupport
import Testing

@Suite("HTTP deadlines")
struct HTTPDeadlinesTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test
    func idleConnectionHasNoDeadline() {
        #expect(HTTPDeadlines().next(isAnswering: false) == nil)
    }

    @Test
    func dripDoesNotMoveTheDeadline() {
        var deadlines = HTTPDeadlines()
        deadlines.bytesArrived(at: start)
        deadlines.bytesArrived(at: start + .seconds(9))
        deadlines.bodyArrived(byteCount: 5)

        #expect(deadlines.next(isAnswering: false) == start + .seconds(10))
    }

    @Test
    func bodyEarnsTimeByItsBytes() {
        var deadlines = HTTPDeadlines()
        deadlines.bytesArrived(at: start)
        deadlines.bodyArrived(byteCount: 4096)

        #expect(deadlines.next(isAnswering: false) == start + .seconds(14))
        deadlines.requestEnded()
        #expect(deadlines.next(isAnswering: false) == nil)
    }

    @Test
    func waitForAnAnswerIsNotTheClients() {
        var deadlines = HTTPDeadlines()
        deadlines.bytesArrived(at: start)
        #expect(deadlines.next(isAnswering: true) == nil)

        deadlines.answered(at: start + .seconds(30))
        #expect(deadlines.next(isAnswering: false) == start + .seconds(40))
    }

    @Test
    func unreadReplyIsLimitedFromTheFirstStall() {
        var deadlines = HTTPDeadlines()
        deadlines.setStalled(true, at: start)
        deadlines.setStalled(true, at: start + .seconds(5))
        #expect(deadlines.next(isAnswering: true) == start + .seconds(60))

        deadlines.setStalled(false, at: start + .seconds(6))
        #expect(deadlines.next(isAnswering: true) == nil)
    }
}
