import NIOCore
import NIOEmbedded
import StreamCompression

/// The two streams that a connection can have.
enum Stream: CaseIterable, Sendable {
    case deflate
    case snappy

    func compressor() throws -> any StreamCompressor {
        switch self {
        case .deflate: try Deflater(level: 6)
        case .snappy: SnappyEncoder()
        }
    }

    func decompressor() throws -> any StreamDecompressor {
        switch self {
        case .deflate: try Inflater()
        case .snappy: SnappyDecoder()
        }
    }

    /// What a peer sends for `plain`, flushed behind each piece.
    func compressed(_ plain: [[UInt8]]) throws -> [UInt8] {
        let compressor = try compressor()
        var output = ByteBuffer()
        for piece in plain {
            try compressor.compress(ByteBuffer(bytes: piece), into: &output)
            try compressor.flush(into: &output)
        }
        return Array(output.readableBytesView)
    }

    /// All that is read of `bytes`, which come in pieces of `step`.
    func plain(_ bytes: [UInt8], step: Int) throws -> [UInt8] {
        let decompressor = try decompressor()
        var input = ByteBuffer()
        var output = ByteBuffer()
        for start in stride(from: 0, to: bytes.count, by: step) {
            input.writeBytes(bytes[start..<min(start + step, bytes.count)])
            while try decompressor.decompress(&input, into: &output) {}
        }
        return Array(output.readableBytesView)
    }
}

/// A connection that reads only when it is told to.
final class SlowReader: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// How many pieces it still takes.
    var appetite = 0
    private(set) var pieces: [Int] = []
    private(set) var hasEnded = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pieces.append(unwrapInboundIn(data).readableBytes)
        appetite -= 1
    }

    func read(context: ChannelHandlerContext) {
        if appetite > 0 { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent { hasEnded = true }
    }

    /// Takes `count` more pieces.
    func take(_ count: Int) {
        appetite = count
        context?.read()
    }
}
