import NIOCore
import NIOHTTP1
import NIOPosix

/// One HTTP connection: assembles requests, has them answered in order, and writes the replies.
///
/// It takes the place of NIO's pipelining handler, which delivers the next request from inside the
/// write of the last reply: behind one slow answer a client may line up thousands of requests, and
/// each would take another stretch of the stack. Here what can not be handled yet waits in a queue,
/// no more than one read of it, and a loop works it off. The queue also stands still while the peer
/// does not take its replies.
///
/// States: idle → receiving → answering → idle, and from each of them → closing → lingering.
/// Isolation: the channel's event loop.
final class HTTPConnectionHandler<API: HTTPAPI>: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let api: API
    private let router: HTTPRouter<API.Route>
    private let pool: NIOThreadPool
    /// Whether every request is refused, because this connection has no TLS.
    private let requiresTLS: Bool
    private let log: AccessLog
    /// The peer as log lines show it; asked for once, since it costs a system call.
    private lazy var peer = AccessLog.text(of: context?.remoteAddress)

    private(set) var context: ChannelHandlerContext?
    var phase = HTTPConnectionPhase.idle
    private var exchange: HTTPExchange<API.Route>?
    var queue = CircularBuffer<HTTPConnectionInput>()
    var output = HTTPReplyBuffer()
    var deadlines = HTTPDeadlines()
    var timer: (task: Scheduled<Void>, deadline: NIODeadline)?

    private var isWorking = false
    /// Whether more input of this read cycle may come, and with it a better moment to flush.
    private var isReading = false
    private var isReadHeldBack = false
    var isInputEnded = false
    private var isInputMalformed = false
    var isShuttingDown = false
    /// Whether input may still come after the final reply, and has to be read over.
    var lingers = false

    init(api: API, router: HTTPRouter<API.Route>, pool: NIOThreadPool, requiresTLS: Bool) {
        self.api = api
        self.router = router
        self.pool = pool
        self.requiresTLS = requiresTLS
        log = AccessLog(logger: api.logger)
    }
}

// MARK: - Channel events

extension HTTPConnectionHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        deadlines.connected(at: .now())
        setTimer()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        tearDown()
    }

    func channelInactive(context: ChannelHandlerContext) {
        tearDown()
        context.fireChannelInactive()
    }

    /// Bytes came in, before the decoder sees them.
    func bytesArrived() {
        if !isFinished { deadlines.bytesArrived(at: .now()) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFinished else { return }
        isReading = true
        queue.append(.part(unwrapInboundIn(data)))
        work()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush()
        setTimer()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if isHeldUp || !queue.isEmpty {
            isReadHeldBack = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        deadlines.setStalled(!context.channel.isWritable, at: .now())
        work()
        setTimer()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            isInputEnded = true
            closeIfDone()
        case is HTTPShutdownRequest:
            isShuttingDown = true
            closeIfDone()
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError {
            guard !isInputMalformed, !isFinished else { return }
            isInputMalformed = true
            queue.append(.malformed(error))
            work()
        } else if !(isInputMalformed && error is ByteToMessageDecoderError) {
            context.close(promise: nil)
        }
    }

    private func tearDown() {
        phase = .lingering
        queue.removeAll()
        exchange = nil
        timer?.task.cancel()
        timer = nil
        context = nil
    }
}

// MARK: - Requests

extension HTTPConnectionHandler {
    /// Whether the final reply was given.
    private var isFinished: Bool { phase == .closing || phase == .lingering }

    /// Whether the next input has to wait: for an answer, or for the peer to take its replies.
    var isHeldUp: Bool {
        switch phase {
        case .answering, .closing: true
        case .lingering: false
        case .idle, .receiving: context?.channel.isWritable != true
        }
    }

    /// Handles what is queued, as far as it may go on; called while it runs it does nothing.
    private func work() {
        guard !isWorking else { return }
        isWorking = true
        while !isHeldUp, let input = queue.popFirst() {
            handle(input)
        }
        isWorking = false
        if !isReading { flush() }
        closeIfDone()
        continueReading()
    }

    private func handle(_ input: HTTPConnectionInput) {
        switch (phase, input) {
        case (.closing, _), (.lingering, _):
            break
        case (_, .malformed(let error)):
            refuse(MalformedRequest(status: error == .headerOverflow ? 431 : 400))
        case (.idle, .part(.head(let head))):
            begin(head)
        case (.receiving, .part(.body(let part))):
            deadlines.bodyArrived(byteCount: part.readableBytes)
            exchange?.append(part)
            if exchange?.isHopeless == true { giveUpReading() }
        case (.receiving, .part(.end)):
            deadlines.requestEnded()
            answer()
        default:
            refuse(MalformedRequest(status: 400))
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        guard let context else { return }
        do throws(MalformedRequest) {
            let opened = try HTTPExchange(
                head,
                router: router,
                browsers: api.browsers,
                connection: context.channel,
                requiresTLS: requiresTLS
            )
            receiveBody(of: opened, api.admission(of: opened.request), context.eventLoop)
        } catch {
            refuse(error)
        }
    }

    private func receiveBody(
        of admitted: HTTPExchange<API.Route>,
        _ admission: HTTPAdmission,
        _ loop: any EventLoop
    ) {
        var opened = admitted
        switch admission {
        case .keep(let limit): opened.keepBody(limit: limit)
        case .discard: break
        case .refused(let reply): opened.decide(reply)
        case .later(let judge):
            exchange = opened
            phase = .answering
            let handler = NIOLoopBound(self, eventLoop: loop)
            return judge { admission in
                loop.execute { handler.value.bodyJudged(admission, loop) }
            }
        }
        let (isHopeless, needsContinue) = (opened.isHopeless, opened.needsContinue)
        exchange = opened
        phase = .receiving
        if isHopeless {
            giveUpReading()
        } else if needsContinue {
            output.appendContinue()
        }
    }

    /// It is known now whether the body may be kept.
    private func bodyJudged(_ admission: HTTPAdmission, _ loop: any EventLoop) {
        guard let opened = exchange.take() else { return }
        deadlines.answered(at: .now())
        receiveBody(of: opened, admission, loop)
        work()
        setTimer()
    }

    /// Answers before the body is through: the connection can not be used any more.
    private func giveUpReading() {
        exchange?.framing.keepsAlive = false
        lingers = true
        deadlines.requestEnded()
        answer()
    }

    private func answer() {
        guard var exchange = exchange.take() else { return }
        exchange.complete()
        phase = .answering
        carryOut(exchange.verdict.map { .reply($0) } ?? api.answer(exchange.request), for: exchange)
    }

    private func carryOut(_ answer: HTTPAnswer, for exchange: HTTPExchange<API.Route>) {
        guard let loop = context?.eventLoop else { return }
        switch answer {
        case .reply(let reply):
            send(reply, for: exchange)
        case .later(let start):
            self.exchange = exchange
            let handler = NIOLoopBound(self, eventLoop: loop)
            start { answer in loop.execute { handler.value.answerArrived(answer) } }
        case .blocking(let work):
            self.exchange = exchange
            let handler = NIOLoopBound(self, eventLoop: loop)
            pool.runIfActive(eventLoop: loop, work).whenComplete { result in
                switch result {
                case .success(let reply): handler.value.answerArrived(.reply(reply))
                case .failure: handler.value.answerArrived(.reply(APIError.exiting.reply))
                }
            }
        }
    }

    /// What the request in hand waited for has come.
    func answerArrived(_ answer: HTTPAnswer) {
        guard let exchange = exchange.take() else { return }
        carryOut(answer, for: exchange)
        guard self.exchange == nil else { return }
        deadlines.answered(at: .now())
        work()
        setTimer()
    }
}

// MARK: - Replies

extension HTTPConnectionHandler {
    private func send(_ reply: HTTPReply, for exchange: HTTPExchange<API.Route>) {
        api.answered(status: reply.status)
        log.write(
            exchange.request,
            status: reply.status,
            from: peer,
            since: exchange.start
        )
        var framing = exchange.framing
        if isShuttingDown || (isInputEnded && queue.isEmpty) { framing.keepsAlive = false }
        write(reply, framing)
        if framing.keepsAlive {
            phase = .idle
        } else {
            close()
        }
    }

    /// Answers what is no proper request; nothing that follows it can be trusted to be one.
    func refuse(_ malformed: MalformedRequest) {
        exchange = nil
        write(malformed.reply, HTTPReply.Framing(keepsAlive: false))
        lingers = true
        close()
    }

    private func write(_ reply: HTTPReply, _ framing: HTTPReply.Framing) {
        if let body = output.append(reply, framing) {
            context?.write(wrapOutboundOut(output.take()), promise: nil)
            context?.writeAndFlush(wrapOutboundOut(body), promise: nil)
        } else if output.count > HTTPLimits.gatheredReplyBytes {
            flush()
        }
    }

    private func flush() {
        guard output.count > 0 else { return }
        context?.writeAndFlush(wrapOutboundOut(output.take()), promise: nil)
    }

    func continueReading() {
        guard isReadHeldBack, !isHeldUp, queue.isEmpty else { return }
        isReadHeldBack = false
        context?.read()
    }
}
