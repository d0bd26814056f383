import Logging
import NIOCore
import NSQWire

extension ConnectionHandler {
    /// Reads what is discarded.
    private static let discarding = FixedSizeRecvByteBufferAllocator(capacity: 4096)

    /// Appends a response, which goes out with the end of the present input.
    func answer(_ text: StaticString) {
        Frame.writeResponse(text, to: &output.bytes)
        output.hasAnswers = true
        output.mustFlush = true
    }

    /// Appends a heartbeat, which is no answer: one that the client does not take holds nothing back.
    func sendHeartbeat() {
        Frame.writeResponse("_heartbeat_", to: &output.bytes)
        output.mustFlush = true
    }

    /// Appends the frame of an error that does not end the connection.
    func report(_ error: ProtocolError) {
        environment.logger.debug("[\(record.remoteAddress)] - \(error)")
        Frame.writeError(error, to: &output.bytes)
        output.hasAnswers = true
        output.mustFlush = true
    }

    /// Appends the frame of an error that ends the connection; nothing more is read.
    func fail(_ error: ProtocolError) {
        guard phase == .open || phase == .awaitingMagic else { return }
        environment.logger.error("[\(record.remoteAddress)] - \(error)")
        Frame.writeError(error, to: &output.bytes)
        endsWithError = true
        phase = .ending
    }

    /// Ends the connection without a frame once what was written before has gone out.
    func endSilently(_ reason: String) {
        environment.logger.error("client(\(record.remoteAddress)) - \(reason)")
        phase = .ending
    }

    /// Gives the output to the socket.
    ///
    /// Answers that the socket does not take hold back the input, so that a client that sends and never
    /// reads is bounded.
    func flush(_ context: ChannelHandlerContext) {
        let hadAnswers = output.hasAnswers
        if output.bytes.readableBytes > 0 {
            context.writeAndFlush(wrapOutboundOut(output.bytes), promise: nil)
        }
        output.clear()
        guard !context.channel.isWritable else { return }
        socketIsFull(context)
        if hadAnswers { holds.insert(.backlog) }
    }

    /// Has the peer judged by when it goes on reading, and counts what it leaves unread.
    private func socketIsFull(_ context: ChannelHandlerContext) {
        let pending = pendingByteCount(context)
        environment.outputBudget.hold(pending, insteadOf: &outputHeld)
        let taken = output.writtenByteCount - pending
        liveness.outputStalled(taken: taken, at: context.eventLoop.now)
        armWakeTask()
    }

    /// The socket takes output again.
    func socketTakes() {
        environment.outputBudget.hold(0, insteadOf: &outputHeld)
        liveness.outputTaken()
    }

    /// Writes the last frames, and ends the output when the system took them; closes when it does not in time.
    func drainOutput(_ context: ChannelHandlerContext) {
        phase = .draining
        leaveChannel()
        liveness.lastFrameWritten(at: context.eventLoop.now)
        armWakeTask()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in linger() }
        // Also when there is nothing to write: the promise stands behind all that was written before.
        context.writeAndFlush(wrapOutboundOut(output.bytes), promise: written)
        output.clear()
    }

    /// Ends the output and discards the input: a socket that is closed with input unread resets the
    /// connection, and the peer may never see the error that tells it why.
    private func linger() {
        guard let context else { return }
        guard endsWithError, !inputHasEnded else { return closeNow() }
        phase = .lingering
        liveness.outputClosed(at: context.eventLoop.now)
        armWakeTask()
        // Many may linger at a time: each holds little.
        input = InputBuffer()
        environment.handshakeBudget.hold(0, insteadOf: &handshakeHeld)
        // SWALLOW: a channel that is closed already refuses it, and reads nothing more.
        try? context.channel.syncOptions?.setOption(.recvAllocator, value: Self.discarding)
        context.close(mode: .output, promise: nil)
        guard readIsWanted else { return }
        readIsWanted = false
        context.read()
    }

    /// Closes the socket, with whatever was not written yet.
    func closeNow() {
        context?.close(promise: nil)
    }
}
