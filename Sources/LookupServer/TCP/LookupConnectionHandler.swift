import Logging
import Lookup
import NIOCore
import NSQCore
import NSQWire
import ServerSupport

/// One connection of protocol V1: carries out what a peer, usually an nsqd, tells of its topics.
///
/// States: awaiting the magic → open → lingering. Input is read on only while the peer takes its replies. Isolation:
/// the channel's event loop. Source: `nsqlookupd` spec 2 and 3.
final class LookupConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Time until the magic.
    private static let magicLimit = TimeAmount.seconds(5)
    /// Time between complete commands of whoever did not introduce itself.
    private static let anonymousLimit = TimeAmount.seconds(60)
    /// For how long input is discarded behind an error, so that no reset eats it.
    private static let lingerLimit = TimeAmount.milliseconds(500)

    enum Phase {
        case awaitingMagic
        case open
        /// The error is written, or the peer is gone; nothing more is carried out.
        case lingering
    }

    let environment: LookupEnvironment
    let peer: String
    var reader = LookupdCommandReader()
    var producer: RegisteredProducer?
    var output = ByteBuffer()

    private var phase = Phase.awaitingMagic
    private var input = ByteBuffer()
    private var deadline: NIODeadline
    private var timer: Scheduled<Void>?
    private var isReadHeldBack = false

    init(environment: LookupEnvironment, peer: String) {
        self.environment = environment
        self.peer = peer
        deadline = .now() + Self.magicLimit
    }

    /// Where the connection is logged.
    var logger: Logger { environment.logger }
}

// MARK: - Channel events

extension LookupConnectionHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        logger.info("TCP: new client(\(peer))")
        setTimer(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .lingering else { return }
        var part = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = part } else { input.writeBuffer(&part) }
        do throws(LookupdProtocolError) {
            try work()
        } catch {
            fail(error, context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        // Whoever does not take its replies sends no more commands.
        isReadHeldBack = !context.channel.isWritable
        if !isReadHeldBack { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isReadHeldBack, context.channel.isWritable {
            isReadHeldBack = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        let complaint =
            phase == .open ? input.withUnsafeReadableBytes(reader.complaint(atEndOf:)) : nil
        if let complaint {
            fail(complaint, context)
        }
        end("EOF")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("connection closed")
        timer?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end("\(error)")
        context.close(promise: nil)
    }
}

// MARK: - Input and output

extension LookupConnectionHandler {
    /// Carries out all complete commands of the input.
    private func work() throws(LookupdProtocolError) {
        if phase == .awaitingMagic {
            guard let magic = input.readBytes(length: 4) else { return }
            let text = PrintableText.singleLine(String(decoding: magic, as: UTF8.self))
            logger.info("CLIENT(\(peer)): desired protocol magic '\(text)'")
            guard magic.elementsEqual(LookupdCommandReader.magic.utf8) else { throw .badMagic }
            phase = .open
            commandArrived()
        }
        while let (command, byteCount) = try nextCommand() {
            input.moveReaderIndex(forwardBy: byteCount)
            try carryOut(command)
            commandArrived()
        }
        if input.readableBytes == 0 { input = ByteBuffer() } else { input.discardReadBytes() }
    }

    private func nextCommand() throws(LookupdProtocolError) -> (LookupdCommand, Int)? {
        guard input.readableBytes > 0 else { return nil }
        return try input.withUnsafeReadableBytes { bytes throws(LookupdProtocolError) in
            try reader.next(bytes).map { ($0.command, $0.byteCount) }
        }
    }

    /// A slow sender of one command gains no time by its single bytes.
    private func commandArrived() {
        let nanoseconds = environment.idleTimeout.wholeNanoseconds
        let idle: TimeAmount = nanoseconds > 0 ? .nanoseconds(nanoseconds) : .hours(876_000)
        deadline = .now() + (producer == nil ? min(idle, Self.anonymousLimit) : idle)
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard output.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        output = ByteBuffer()
    }

    /// Writes the frame of `error`, ends the output, and reads over what still comes for a moment.
    private func fail(_ error: LookupdProtocolError, _ context: ChannelHandlerContext) {
        logger.error("[\(peer)] - \(PrintableText.singleLine(error.description))")
        LookupdReply.write(error.body, to: &output)
        flush(context)
        end("\(PrintableText.singleLine(error.description))")
        context.close(mode: .output, promise: nil)
        deadline = .now() + Self.lingerLimit
        timer?.cancel()
        setTimer(context)
    }

    /// Takes the peer out of all registrations, once.
    private func end(_ reason: String) {
        guard phase != .lingering else { return }
        phase = .lingering
        input = ByteBuffer()
        if let producer { environment.db.remove(producer) }
        producer = nil
        logger.info("PROTOCOL(V1): [\(peer)] exiting ioloop")
        logger.info("client(\(peer)) - \(reason)")
    }

    private func setTimer(_ context: ChannelHandlerContext) {
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = handler.value
            guard handler.deadline <= .now() else { return handler.setTimer(context) }
            handler.end("no command in time")
            context.close(promise: nil)
        }
    }
}
