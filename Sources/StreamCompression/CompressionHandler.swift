package import NIOCore

/// Puts a compressed stream between the socket and a connection.
///
/// What was received is taken apart only as fast as the connection reads, a bounded piece at a time, so
/// that neither a bomb nor a held connection makes it grow. Isolation: on the connection's event loop.
package final class CompressionHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let compressor: any StreamCompressor
    private let decompressor: any StreamDecompressor

    /// Received, not taken apart yet; one read of the socket and an incomplete piece at most.
    private var received = ByteBuffer()
    /// The decompressor may give more without more input.
    private var mayHaveMore = false
    private var isGiving = false
    /// The connection asked for more while it was given something.
    private var wantsMore = false
    /// The peer sends nothing more; told on behind the last piece.
    private var endOfInput: ChannelEvent?
    private var hasFailed = false

    private var output = ByteBuffer()
    private var promises: [EventLoopPromise<Void>] = []

    /// Composes a handler; it takes over both.
    ///
    /// `received`: bytes of the stream that came before the handler was there; they are given with the next
    /// read.
    package init(
        compressor: any StreamCompressor,
        decompressor: any StreamDecompressor,
        received: ByteBuffer = ByteBuffer()
    ) {
        self.compressor = compressor
        self.decompressor = decompressor
        self.received = received
        mayHaveMore = received.readableBytes > 0
    }

    // MARK: - Inbound

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.discardReadBytes()
        received.writeBuffer(&bytes)
        mayHaveMore = true
        wantsMore = true
        give(context)
    }

    package func read(context: ChannelHandlerContext) {
        wantsMore = true
        guard !isGiving else { return }
        give(context)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        endOfInput = event
        give(context)
    }

    /// Gives pieces as long as the connection wants them; asks the socket for more when none is left.
    private func give(_ context: ChannelHandlerContext) {
        guard !isGiving, !hasFailed else { return }
        isGiving = true
        defer { isGiving = false }
        while wantsMore, mayHaveMore {
            var piece = ByteBuffer()
            do {
                mayHaveMore = try decompressor.decompress(&received, into: &piece)
            } catch {
                hasFailed = true
                context.fireErrorCaught(error)
                return
            }
            guard piece.readableBytes > 0 else { continue }
            wantsMore = false
            context.fireChannelRead(wrapInboundOut(piece))
            context.fireChannelReadComplete()
            // The connection says whether it wants more, as it does behind a read of the socket.
            context.pipeline.syncOperations.read()
        }
        guard !mayHaveMore else { return }
        if received.readableBytes == 0 { received = ByteBuffer() }
        if let event = endOfInput {
            endOfInput = nil
            context.fireUserInboundEventTriggered(event)
        } else if wantsMore {
            wantsMore = false
            context.read()
        }
    }

    // MARK: - Outbound

    package func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        do {
            try compressor.compress(unwrapOutboundIn(data), into: &output)
            if let promise { promises.append(promise) }
        } catch {
            promise?.fail(error)
            context.fireErrorCaught(error)
        }
    }

    package func flush(context: ChannelHandlerContext) {
        do {
            try compressor.flush(into: &output)
        } catch {
            context.fireErrorCaught(error)
            return
        }
        let written = promises.isEmpty ? nil : context.eventLoop.makePromise(of: Void.self)
        if let written {
            for promise in promises { written.futureResult.cascade(to: promise) }
            promises.removeAll()
        }
        context.writeAndFlush(wrapOutboundOut(output), promise: written)
        output = ByteBuffer()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        for promise in promises { promise.fail(ChannelError.ioOnClosedChannel) }
        promises.removeAll()
    }
}
