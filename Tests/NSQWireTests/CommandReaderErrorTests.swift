import NSQWire
import Testing

@Suite("Command reader's errors")
struct CommandReaderErrorTests {
    /// A line, with a size behind it where there is one, and the answer.
    struct Case: CustomTestStringConvertible {
        let line: String
        var size: Int?
        let error: String

        var input: [UInt8] { WireBytes.line(line) + (size.map(WireBytes.field) ?? []) }
        var testDescription: String { "\(line) \(size ?? 0)" }

        init(_ line: String, _ error: String) {
            self.line = line
            self.error = error
        }

        init(_ line: String, _ size: Int, _ error: String) {
            self.line = line
            self.size = size
            self.error = error
        }
    }

    @Test(arguments: ["PUB t", "SUB t c", "NOP", "AUTH", "bogus", ""])
    func refusesEverythingButIDENTIFYWhileTLSIsRequired(line: String) throws {
        var reader = CommandReader(limits: ReadTranscript.limits)
        reader.machine.requiresTLS = true
        let name = line.prefix { $0 != " " }

        let error = #expect(throws: ProtocolError.self) {
            try WireBytes.line(line).withUnsafeBytes { bytes in
                _ = try reader.next(bytes, inputHasEnded: false)
            }
        }
        let text = "E_INVALID cannot \(name) in current state (TLS required)"
        #expect(error?.description == text)
        #expect(error?.isFatal == true)
    }

    static let initial = [
        Case("", "E_INVALID invalid command "),
        Case("nop", "E_INVALID invalid command nop"),
        Case(" NOP", "E_INVALID invalid command "),
        Case("RDY 1", "E_INVALID cannot RDY in current state"),
        Case("FIN", "E_INVALID cannot FIN in current state"),
        Case("REQ", "E_INVALID cannot REQ in current state"),
        Case("TOUCH", "E_INVALID cannot TOUCH in current state"),
        Case("CLS", "E_INVALID cannot CLS in current state"),
        Case("IDENTIFY", 101, "E_BAD_BODY IDENTIFY body too big 101 > 100"),
        Case("IDENTIFY", 0, "E_BAD_BODY IDENTIFY invalid body size 0"),
        Case("IDENTIFY", -5, "E_BAD_BODY IDENTIFY invalid body size -5"),
        Case("AUTH ", "E_INVALID AUTH invalid number of parameters"),
        Case("AUTH", 101, "E_BAD_BODY AUTH body too big 101 > 100"),
        Case("AUTH", 0, "E_BAD_BODY AUTH invalid body size 0"),
        Case("SUB", "E_INVALID SUB insufficient number of parameters"),
        Case("SUB t", "E_INVALID SUB insufficient number of parameters"),
        Case("SUB a*b c*d", #"E_BAD_TOPIC SUB topic name "a*b" is not valid"#),
        Case("SUB t c*d", #"E_BAD_CHANNEL SUB channel name "c*d" is not valid"#),
        Case("PUB", "E_INVALID PUB insufficient number of parameters"),
        Case("PUB ", #"E_BAD_TOPIC PUB topic name "" is not valid"#),
        Case("PUB  t", #"E_BAD_TOPIC PUB topic name "" is not valid"#),
        Case("PUB bad$topic", #"E_BAD_TOPIC PUB topic name "bad$topic" is not valid"#),
        Case("PUB t", 0, "E_BAD_MESSAGE PUB invalid message body size 0"),
        Case("PUB t", -1, "E_BAD_MESSAGE PUB invalid message body size -1"),
        Case("PUB t", 11, "E_BAD_MESSAGE PUB message too big 11 > 10"),
        Case("DPUB t", "E_INVALID DPUB insufficient number of parameters"),
        Case("DPUB a/b", "E_INVALID DPUB insufficient number of parameters"),
        Case("DPUB a/b 10", #"E_BAD_TOPIC DPUB topic name "a/b" is not valid"#),
        Case("DPUB t soon", "E_INVALID DPUB could not parse timeout soon"),
        Case("DPUB t -1", "E_INVALID DPUB could not parse timeout -1"),
        Case("DPUB t 2001", "E_INVALID DPUB timeout 2001 out of range 0-2000"),
        Case(
            "DPUB t 9223372036855",
            "E_INVALID DPUB timeout 9223372036855 out of range 0-2000"
        ),
        Case("DPUB t 2000", 0, "E_BAD_MESSAGE DPUB invalid message body size 0"),
        Case("DPUB t 10", 11, "E_BAD_MESSAGE DPUB message too big 11 > 10"),
        Case("MPUB", "E_INVALID MPUB insufficient number of parameters"),
        Case("MPUB bad!", #"E_BAD_TOPIC E_BAD_TOPIC MPUB topic name "bad!" is not valid"#),
        Case("MPUB t", 0, "E_BAD_BODY MPUB invalid body size 0"),
        Case("MPUB t", -9, "E_BAD_BODY MPUB invalid body size -9"),
        Case("MPUB t", 101, "E_BAD_BODY MPUB body too big 101 > 100"),
    ]

    static let subscribed = [
        Case("IDENTIFY", "E_INVALID cannot IDENTIFY in current state"),
        Case("AUTH x", "E_INVALID cannot AUTH in current state"),
        Case("SUB", "E_INVALID cannot SUB in current state"),
        Case("RDY abc", "E_INVALID RDY could not parse count abc"),
        Case("RDY -1", "E_INVALID RDY could not parse count -1"),
        Case("RDY 51", "E_INVALID RDY count 51 out of range 0-50"),
        Case("RDY 18446744073709551615", "E_INVALID RDY count -1 out of range 0-50"),
        Case("FIN", "E_INVALID FIN insufficient number of params"),
        Case("TOUCH", "E_INVALID TOUCH insufficient number of params"),
        Case("REQ", "E_INVALID REQ insufficient number of params"),
        Case("REQ 0123456789abcdef", "E_INVALID REQ insufficient number of params"),
        Case("FIN ", "E_INVALID invalid message ID"),
        Case("FIN short", "E_INVALID invalid message ID"),
        Case("FIN 0123456789abcdef0", "E_INVALID invalid message ID"),
        Case("TOUCH nope", "E_INVALID invalid message ID"),
        Case("REQ nope x", "E_INVALID invalid message ID"),
        Case("REQ 0123456789abcdef -1", "E_INVALID REQ could not parse timeout -1"),
    ]

    @Test(arguments: initial)
    func areThoseOfTheTableBeforeSUB(_ example: Case) {
        #expect(ReadTranscript.reading(example.input) == [example.error])
    }

    @Test(arguments: subscribed)
    func areThoseOfTheTableAfterSUB(_ example: Case) {
        let transcript = ReadTranscript.reading(example.input, isSubscribed: true)

        #expect(transcript == [example.error])
    }

    @Test func comeOnlyAfterTheByteThatDecides() {
        for example in Self.initial {
            #expect(ReadTranscript.reading(Array(example.input.dropLast())).isEmpty)
        }
    }

    @Test func refuseSUBWithoutHeartbeatsBeforeLookingAtItsParameters() {
        var reader = CommandReader(limits: ReadTranscript.limits)
        reader.machine.sendsHeartbeats = false

        #expect(throws: ProtocolError.self) {
            _ = try WireBytes.line("SUB").withUnsafeBytes {
                try reader.next($0, inputHasEnded: false)
            }
        }
    }

    @Test(
        arguments: [
            ("IDENTIFY", "E_BAD_BODY IDENTIFY failed to read body size"),
            ("AUTH", "E_BAD_BODY AUTH failed to read body size"),
            ("PUB t", "E_BAD_MESSAGE PUB failed to read message body size"),
            ("DPUB t 0", "E_BAD_MESSAGE DPUB failed to read message body size"),
            ("MPUB t", "E_BAD_BODY MPUB failed to read body size"),
        ]
    )
    func nameASizeCutOffByTheEndOfInput(line: String, error: String) {
        for sizeBytes in 0..<4 {
            let input = WireBytes.line(line) + [UInt8](repeating: 0, count: sizeBytes)
            #expect(ReadTranscript.reading(input, isEnd: true) == [error])
        }
    }

    @Test(
        arguments: [
            ("IDENTIFY", "E_BAD_BODY IDENTIFY failed to read body"),
            ("AUTH", "E_BAD_BODY AUTH failed to read body"),
            ("PUB t", "E_BAD_MESSAGE PUB failed to read message body"),
            ("DPUB t 0", "E_BAD_MESSAGE DPUB failed to read message body"),
            ("MPUB t", "E_BAD_BODY MPUB failed to read message count"),
        ]
    )
    func nameABodyCutOffByTheEndOfInput(line: String, error: String) {
        let input = WireBytes.line(line) + WireBytes.field(10) + [1]

        #expect(ReadTranscript.reading(input, isEnd: true) == [error])
    }

    @Test func passOverALineCutOffByTheEndOfInput() {
        #expect(ReadTranscript.reading(Array("PUB t".utf8), isEnd: true).isEmpty)
    }
}
