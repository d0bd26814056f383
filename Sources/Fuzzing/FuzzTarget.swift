import NIOCore
import NSQCore
import NSQWire
import StreamCompression

/// What a fuzzer feeds: each reads bytes of a peer whom nobody knows yet.
///
/// A finding is a trap, or a broken rule that ``check(_:_:)`` states: it ends the process in every build.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// The stream of commands, in pieces, in every state of a connection.
    case commands
    /// IDENTIFY's body, and what it asks for.
    case identify
    /// AUTH's command, and what an auth server answers.
    case auth
    /// A stream compressed by deflate, in pieces.
    case deflate
    /// A stream in snappy's framing format, in pieces.
    case snappy
    /// Protocol V1 of nsqlookupd, in pieces, and its answers.
    case lookupd

    /// Plain bytes that are taken out of one compressed input; a bomb would go on for minutes.
    private static let mostPlainBytes = 4 << 20

    /// Reads `bytes` as this target does.
    package func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .commands: CommandStream.read(bytes)
        case .identify: Self.identify(bytes)
        case .auth: Self.auth(bytes)
        case .deflate: Self.decompress(bytes) { () throws(CompressionError) in try Inflater() }
        case .snappy: Self.decompress(bytes) { SnappyDecoder() }
        case .lookupd: LookupdStream.read(bytes)
        }
    }

    /// States a rule that no input may break.
    static func check(_ holds: Bool, _ rule: StaticString) {
        precondition(holds, "\(rule)")
    }

    private static func identify(_ json: UnsafeRawBufferPointer) {
        var limits = IdentifyLimits()
        limits.offersTLS = true
        limits.offersDeflate = true
        limits.offersSnappy = true
        var settings = ConnectionSettings(
            outputBufferTimeout: .milliseconds(250),
            messageTimeout: .seconds(60)
        )
        do throws(ProtocolError) {
            try settings.apply(try IdentifyRequest(json: json), within: limits)
            check((0...99).contains(settings.sampleRate), "a sample rate is a percentage")
            check(!(settings.usesDeflate && settings.usesSnappy), "a stream is compressed once")
            check(
                settings.messageTimeout <= limits.maximumMessageTimeout,
                "a timeout has its limit"
            )
        } catch {
            check(error.isFatal, "what IDENTIFY is refused with ends the connection")
        }
    }

    private static func auth(_ bytes: UnsafeRawBufferPointer) {
        do throws(AuthAnswer.Failure) {
            let answer = try AuthAnswer(json: bytes)
            check(answer.secondsToLive > 0, "a grant has an end that lies ahead")
        } catch {
            check(!"\(error)".isEmpty, "a failure has its words")
        }
        if let port = HTTPSPort.suggested(in: bytes) {
            check((1...65_535).contains(port), "a port is a port")
        }
        var command: [UInt8] = [0, 0] + Array("AUTH\n".utf8)
        command.append(contentsOf: bytes)
        command.withUnsafeBytes(CommandStream.read)
    }

    private static func decompress(
        _ bytes: UnsafeRawBufferPointer,
        by make: () throws(CompressionError) -> any StreamDecompressor
    ) {
        do throws(CompressionError) {
            let decompressor = try make()
            var plainBytes = 0
            for piece in InputPieces(bytes) {
                var input = ByteBuffer(bytes: piece)
                var hasMore = true
                while hasMore || input.readableBytes > 0, plainBytes < mostPlainBytes {
                    var output = ByteBuffer()
                    let before = input.readableBytes
                    hasMore = try decompressor.decompress(&input, into: &output)
                    check(output.readableBytes <= StreamLimits.pieceBytes, "a piece is bounded")
                    plainBytes += output.readableBytes
                    let moved = input.readableBytes < before || output.readableBytes > 0
                    if !moved, !hasMore { break }
                    check(moved || !hasMore, "there is more only where something comes")
                }
            }
        } catch {
            check(!"\(error)".isEmpty, "an error has its words")
        }
    }
}
