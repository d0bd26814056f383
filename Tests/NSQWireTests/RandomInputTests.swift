import NSQWire
import Testing

@Suite("Random input")
struct RandomInputTests {
    /// A generator whose numbers depend on its seed alone.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static let pieces: [[UInt8]] = [
        WireBytes.line("PUB t"), WireBytes.line("MPUB topic"), WireBytes.line("DPUB t 5"),
        WireBytes.line("SUB t c"), WireBytes.line("RDY 3"), WireBytes.line("NOP\r"),
        WireBytes.line("FIN 0123456789abcdef"), WireBytes.line("REQ 0123456789abcdef 9"),
        WireBytes.line("IDENTIFY"), WireBytes.line("AUTH"), WireBytes.line("CLS"),
        WireBytes.field(1), WireBytes.field(2), WireBytes.field(9), WireBytes.field(-1),
        WireBytes.body("x"), WireBytes.body("abc"), WireBytes.multiPublish("t", ["a", "bc"]),
        WireBytes.command("PUB t", "ok"), [0], [0xFF], Array(" ".utf8), Array("\n".utf8),
    ]

    /// Commands and parts of commands in a row, with some bytes changed.
    private static func input(_ generator: inout Generator) -> [UInt8] {
        var input: [UInt8] = []
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            input += pieces[Int.random(in: pieces.indices, using: &generator)]
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let place = Int.random(in: input.indices, using: &generator)
            input[place] = UInt8.random(in: .min ... .max, using: &generator)
        }
        return input
    }

    @Test(arguments: 1...20)
    func isReadTheSameInPiecesAndToTheEnd(seed: Int) {
        var generator = Generator(state: UInt64(seed))
        for _ in 0..<200 {
            let input = Self.input(&generator)
            let size = Int.random(in: 1...9, using: &generator)
            let whole = ReadTranscript.reading(input, isEnd: true)
            let inPieces = ReadTranscript.reading(input, inPiecesOf: size, isEnd: true)
            #expect(whole == inPieces, "\(input) in pieces of \(size)")
        }
    }
}
