import NIOCore
import NIOEmbedded
import StreamCompression
import Testing

/// The handler between a socket and a connection.
@Suite("Compression handler")
struct CompressionHandlerTests {
    private func connect(_ stream: Stream) throws -> (EmbeddedChannel, SlowReader) {
        let reader = SlowReader()
        let handler = CompressionHandler(
            compressor: try stream.compressor(),
            decompressor: try stream.decompressor()
        )
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([handler, reader])
        return (channel, reader)
    }

    @Test(arguments: Stream.allCases)
    func aBombIsTakenApartOnlyAsFastAsTheConnectionReads(stream: Stream) throws {
        let (channel, reader) = try connect(stream)
        let size = 4 << 20
        let bomb = try stream.compressed([[UInt8](repeating: 0, count: size)])
        reader.appetite = 1
        try channel.writeInbound(ByteBuffer(bytes: bomb))
        #expect(reader.pieces.count == 1)
        while reader.pieces.reduce(0, +) < size {
            let before = reader.pieces.count
            reader.take(1)
            try #require(reader.pieces.count == before + 1)
        }
        #expect(reader.pieces.allSatisfy { $0 <= StreamLimits.pieceBytes })
        #expect(reader.pieces.reduce(0, +) == size)
    }

    @Test(arguments: Stream.allCases)
    func theEndOfTheInputComesBehindItsLastByte(stream: Stream) throws {
        let (channel, reader) = try connect(stream)
        let bytes = try stream.compressed([[UInt8](repeating: 0, count: 200_000)])
        reader.appetite = 1
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!reader.hasEnded)
        reader.take(100)
        #expect(reader.pieces.reduce(0, +) == 200_000)
        #expect(reader.hasEnded)
    }

    @Test(arguments: Stream.allCases)
    func everyFlushCanBeReadAtOnce(stream: Stream) throws {
        let (channel, _) = try connect(stream)
        var sent: [UInt8] = []
        var promised = 0
        for count in [1, 30, 0, 70_000] {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenSuccess { promised += 1 }
            let bytes = [UInt8](repeating: 5, count: count)
            channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: promise)
            sent += bytes
        }
        var wire: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            wire += buffer.readableBytesView
        }
        #expect(promised == 4)
        #expect(try stream.plain(wire, step: 1000) == sent)
    }

    @Test(arguments: Stream.allCases)
    func garbageIsReportedOnce(stream: Stream) throws {
        let (channel, reader) = try connect(stream)
        reader.appetite = 10
        #expect(throws: CompressionError.self) {
            try channel.writeInbound(ByteBuffer(repeating: 0xff, count: 64))
        }
        try channel.writeInbound(ByteBuffer(repeating: 0xff, count: 64))
        #expect(reader.pieces.isEmpty)
    }
}
