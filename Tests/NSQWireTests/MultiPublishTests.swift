import NSQWire
import Testing

@Suite("MPUB")
struct MultiPublishTests {
    private func reading(_ content: [UInt8], isEnd: Bool = false) -> [String] {
        let input = WireBytes.line("MPUB t") + WireBytes.field(50) + content
        return ReadTranscript.reading(input, isEnd: isEnd)
    }

    @Test(arguments: [0, -1, 20])
    func refusesACountThatCanNotBe(count: Int) {
        let error = "E_BAD_BODY MPUB invalid message count \(count)"

        #expect(reading(WireBytes.field(count)) == [error])
    }

    @Test func acceptsTheLargestCount() {
        let bodies = [String](repeating: "x", count: 19)

        let transcript = ReadTranscript.reading(WireBytes.multiPublish("t", bodies))

        #expect(transcript == ["MPUB t \(bodies.joined(separator: ","))"])
    }

    @Test func namesTheMessageOfABadSize() {
        let one = WireBytes.field(3) + WireBytes.body("a")

        #expect(
            reading(one + WireBytes.field(0)) == [
                "E_BAD_MESSAGE MPUB invalid message(1) body size 0"
            ]
        )
        #expect(
            reading(one + WireBytes.field(-2)) == [
                "E_BAD_MESSAGE MPUB invalid message(1) body size -2"
            ]
        )
        #expect(
            reading(one + WireBytes.field(11)) == ["E_BAD_MESSAGE MPUB message too big 11 > 10"]
        )
    }

    @Test func namesWhatTheEndOfInputCutsOff() {
        let one = WireBytes.field(2) + WireBytes.body("a")

        #expect(
            reading(one + [0], isEnd: true) == [
                "E_BAD_MESSAGE MPUB failed to read message(1) body size"
            ]
        )
        #expect(
            reading(one + WireBytes.field(5) + [0], isEnd: true) == [
                "E_BAD_MESSAGE MPUB failed to read message body"
            ]
        )
        #expect(reading([0], isEnd: true) == ["E_BAD_BODY MPUB failed to read message count"])
    }

    @Test(arguments: [1, 9, 100])
    func goesByItsCountWhateverItsTotalSays(total: Int) {
        let input =
            WireBytes.multiPublish("t", ["a", "bb"], total: total)
            + WireBytes.command("PUB t", "after")

        for size in [1, 7, Int.max] {
            let transcript = ReadTranscript.reading(input, inPiecesOf: size)
            #expect(transcript == ["MPUB t a,bb", "PUB t after"])
        }
    }

    @Test(arguments: ["PUB t", "DPUB t 5"])
    func permissionIsAskedForBeforeMoreOfABodyIsWaitedFor(line: String) {
        let input = WireBytes.command(line, "a body")
        var transcript = ReadTranscript(asksPermission: true)
        transcript.feed(Array(input.dropLast(6 + 2)))
        #expect(!transcript.lines.contains { $0.contains("permission") })
        transcript.feed(Array(input.dropFirst(input.count - 8).dropLast(3)))
        #expect(transcript.lines.last == "asks for permission to publish to t")

        var tooLarge = ReadTranscript(asksPermission: true)
        tooLarge.feed(WireBytes.line(line) + [0x7f, 0, 0, 0])
        #expect(tooLarge.lines.allSatisfy { !$0.contains("permission") })
    }

    @Test func permissionIsAskedForBeforeTheBodyAndOncePerTopic() {
        var transcript = ReadTranscript(asksPermission: true)
        transcript.feed(WireBytes.line("MPUB t"))
        #expect(transcript.lines == ["asks for permission to publish to t"])
        transcript.feed([])
        let body = Array(WireBytes.multiPublish("t", ["a"]).dropFirst("MPUB t\n".utf8.count))
        transcript.feed(body)
        transcript.feed(WireBytes.multiPublish("t", ["b"]))
        transcript.feed(WireBytes.line("MPUB u"))
        #expect(
            transcript.lines.filter { !$0.hasPrefix("asks for ") || $0.contains("permission") } == [
                "asks for permission to publish to t", "MPUB t a", "MPUB t b",
                "asks for permission to publish to u",
            ]
        )
    }
}
