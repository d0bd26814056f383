import NSQWire
import Testing

@Suite("Fragmented input")
struct FragmentationTests {
    private static let id = "0123456789abcdef"

    private static let transcripts: [[UInt8]] = [
        WireBytes.command("IDENTIFY", #"{"client_id":"c"}"#) + WireBytes.line("SUB t c")
            + WireBytes.line("RDY 2") + WireBytes.line("FIN \(id)")
            + WireBytes.line("FIN zzzzzzzzzzzzzzzz") + WireBytes.line("REQ \(id) 7\r")
            + WireBytes.line("TOUCH \(id)") + WireBytes.command("PUB other", "x\n\ny")
            + WireBytes.line("CLS") + WireBytes.line("RDY junk") + WireBytes.line("NOP"),
        WireBytes.command("PUB t", "1") + WireBytes.multiPublish("t", ["2", "3", "0123456789"])
            + WireBytes.command("DPUB t 100", "4") + WireBytes.multiPublish("u", ["5"])
            + WireBytes.line("MPUB t") + WireBytes.field(30) + WireBytes.field(2)
            + WireBytes.body("6") + WireBytes.field(0) + WireBytes.line("NOP"),
        WireBytes.command("PUB t", "1") + WireBytes.line("BOGUS x") + WireBytes.line("NOP"),
    ]

    @Test(arguments: transcripts, [1, 2, 3, 5, 8, 21, 64])
    func givesTheSameInPiecesOfAnySize(input: [UInt8], size: Int) {
        let whole = ReadTranscript.reading(input)

        #expect(ReadTranscript.reading(input, inPiecesOf: size) == whole)
    }

    @Test(arguments: transcripts)
    func givesAtEveryPrefixTheCommandsThatAreComplete(input: [UInt8]) {
        let whole = ReadTranscript.reading(input)
        var previous = 0
        for length in 0...input.count {
            let prefix = Array(input[..<length])
            let atOnce = ReadTranscript.reading(prefix)
            let bytewise = ReadTranscript.reading(prefix, inPiecesOf: 1)
            #expect(atOnce == bytewise)
            #expect(Array(whole.prefix(atOnce.count)) == atOnce)
            #expect(atOnce.count >= previous)
            previous = atOnce.count
        }
        #expect(previous == whole.count)
    }

    @Test(arguments: transcripts)
    func endsAtEveryPrefixWithAtMostOneErrorMore(input: [UInt8]) {
        for length in 0...input.count {
            let prefix = Array(input[..<length])
            let open = ReadTranscript.reading(prefix)
            let ended = ReadTranscript.reading(prefix, isEnd: true)
            #expect(Array(ended.prefix(open.count)) == open)
            #expect(ended.dropFirst(open.count).allSatisfy { $0.contains("failed to read") })
            #expect(ended.count <= open.count + 1)
        }
    }
}
