import NSQCore
import NSQWire
import Testing

@Suite("Command reader")
struct CommandReaderTests {
    private let id = "0123456789abcdef"

    @Test func readsEveryCommandOfAProducer() {
        let input =
            WireBytes.command("IDENTIFY", "{}") + WireBytes.command("AUTH", "secret")
            + WireBytes.command("PUB t", "one") + WireBytes.multiPublish("t", ["two", "three"])
            + WireBytes.command("DPUB u 1500", "four") + WireBytes.line("NOP")

        #expect(
            ReadTranscript.reading(input) == [
                "IDENTIFY {}", "AUTH secret", "PUB t one", "MPUB t two,three",
                "DPUB u four 1500000000", "NOP",
            ]
        )
    }

    @Test func readsEveryCommandOfAConsumer() {
        let lines = ["SUB t c", "RDY 5", "RDY", "FIN \(id)", "REQ \(id) 20", "TOUCH \(id)", "CLS"]

        #expect(
            ReadTranscript.reading(lines.flatMap(WireBytes.line)) == [
                "SUB t c", "RDY 5", "RDY 1", "FIN 123456789abcdef",
                "REQ 123456789abcdef 20000000", "TOUCH 123456789abcdef", "CLS",
            ]
        )
    }

    @Test func ignoresParametersBeyondThoseNeeded() {
        let input =
            WireBytes.command("PUB t extra", "a") + WireBytes.command("IDENTIFY x y", "{}")
            + WireBytes.line("NOP with params") + WireBytes.line("SUB t c d")
            + WireBytes.line("FIN \(id) x") + WireBytes.line("RDY 1 2")

        #expect(
            ReadTranscript.reading(input) == [
                "PUB t a", "IDENTIFY {}", "NOP", "SUB t c", "FIN 123456789abcdef", "RDY 1",
            ]
        )
    }

    @Test(arguments: ["0123456789ABCDEF", "zzzzzzzzzzzzzzzz", "\u{1}\u{2}34567890123456"])
    func takesAnySixteenBytesForAnID(text: String) {
        let lines = ["FIN \(text)", "TOUCH \(text)", "REQ \(text) 0"]

        let transcript = ReadTranscript.reading(
            lines.flatMap(WireBytes.line),
            isSubscribed: true
        )

        #expect(
            transcript == [
                "FIN unknown \(text)", "TOUCH unknown \(text)", "REQ unknown \(text) 0",
            ]
        )
    }

    @Test func emptyNumbersAreZero() {
        let lines = ["RDY ", "RDY  3", "REQ \(id) "]

        let transcript = ReadTranscript.reading(
            lines.flatMap(WireBytes.line),
            isSubscribed: true
        )

        #expect(transcript == ["RDY 0", "RDY 0", "REQ 123456789abcdef 0"])
    }

    @Test func lowersRequeueDelaysToTheLimitAndRaisesWrappedOnesToZero() {
        // The second number times 1,000,000 is negative in 64 bits.
        let lines = ["REQ \(id) 2001", "REQ \(id) 9223372036855"]

        let transcript = ReadTranscript.reading(
            lines.flatMap(WireBytes.line),
            isSubscribed: true
        )

        #expect(
            transcript == ["REQ 123456789abcdef 2000000000", "REQ 123456789abcdef 0"]
        )
    }

    @Test func wrapsReadyCountsModuloTwoToThe64() {
        let transcript = ReadTranscript.reading(
            WireBytes.line("RDY 18446744073709551618"),
            isSubscribed: true
        )

        #expect(transcript == ["RDY 2"])
    }

    @Test func dropsTheConnectionAtALineAboveTheLimit() {
        let fits = "BOGUS " + String(repeating: "x", count: 16_377)
        let tooLong = fits + "x"

        #expect(
            ReadTranscript.reading(WireBytes.line(fits)).first == "E_INVALID invalid command BOGUS"
        )
        #expect(ReadTranscript.reading(WireBytes.line(tooLong)) == ["line too long"])
        #expect(ReadTranscript.reading(Array(tooLong.utf8)) == ["line too long"])
        #expect(ReadTranscript.reading(Array(fits.utf8)).isEmpty)
    }

    @Test func readsNothingBehindAnError() {
        let input = WireBytes.command("PUB t", "1") + WireBytes.line("BOGUS")

        let transcript = ReadTranscript.reading(input + WireBytes.command("PUB t", "2"))

        #expect(transcript == ["PUB t 1", "E_INVALID invalid command BOGUS"])
    }

    @Test func changesTheTargetsRevisionOnlyWithItsName() {
        var reader = CommandReader(limits: ReadTranscript.limits)
        var revisions: [UInt64] = []
        for topic in ["a", "a", "b", "a", "ab"] {
            let input = WireBytes.command("PUB \(topic)", "x")
            let step = input.withUnsafeBytes { bytes in
                Result { () throws(ProtocolError) in try reader.next(bytes, inputHasEnded: false) }
            }
            #expect(throws: Never.self) { try step.get() }
            revisions.append(reader.target.revision)
        }

        #expect(revisions == [1, 1, 2, 3, 4])
        #expect(reader.target.name?.text == "ab")
    }
}
