import Broker
import Logging
import NIOCore
private import NIOHTTP1
private import NIOPosix
private import Synchronization

/// nsqd's HTTP API, in the clear on a TCP port or a unix socket, and over TLS on a TCP port.
///
/// Isolation: connections live on the loops of the group given; routes that touch the disk or walk
/// every topic run on two threads of the front's own. Source: `nsqd` spec 4.
final class HTTPFront: Sendable {
    /// What the front listens on, as log lines show it; `nil` for what it does not.
    struct Addresses: Sendable {
        /// In the clear.
        var http: String?
        /// Over TLS.
        var https: String?
    }

    private struct State {
        var listeners: [any NetworkChannel] = []
        var connections: [ObjectIdentifier: any NetworkChannel] = [:]
        var isStopping = false
    }

    private let broker: Broker
    private let configuration: NSQDConfiguration
    private let tls: TLSAcceptor?
    private let clients: ClientRegistry
    private let authorizer: HTTPAuthorizer?
    private let health: HealthWatch
    private let metrics: NSQDMetrics
    private let budget: ConnectionBudget
    private let group: any EventLoopGroup
    private let logger: Logger
    private let startTime: Int64
    private let startInstant = NIODeadline.now()
    private let boundTCPPort: Int
    private let setLogLevel: @Sendable (Logger.Level) -> Void
    private let pool = NIOThreadPool(numberOfThreads: HTTPLimits.blockingThreadCount)
    private let state = Mutex(State())

    /// Prepares the front; nothing is bound yet.
    ///
    /// `startTime`: Unix seconds when the daemon started. `boundTCPPort`: what `/info` shows as
    /// `tcp_port`, -1 for a unix socket. `setLogLevel` is called on an event loop when a PUT
    /// changes `log_level`.
    init(
        broker: Broker,
        configuration: NSQDConfiguration,
        tls: TLSAcceptor?,
        clients: ClientRegistry,
        authorizer: HTTPAuthorizer?,
        health: HealthWatch,
        metrics: NSQDMetrics,
        budget: ConnectionBudget,
        group: any EventLoopGroup,
        logger: Logger,
        startTime: Int64,
        boundTCPPort: Int,
        setLogLevel: @escaping @Sendable (Logger.Level) -> Void
    ) {
        self.broker = broker
        self.configuration = configuration
        self.tls = tls
        self.clients = clients
        self.authorizer = authorizer
        self.health = health
        self.metrics = metrics
        self.budget = budget
        self.group = group
        self.logger = logger
        self.startTime = startTime
        self.boundTCPPort = boundTCPPort
        self.setLogLevel = setLogLevel
    }

    /// Listens on `--http-address`, and with a certificate on `--https-address`; serves on both.
    ///
    /// An empty address is not listened on.
    ///
    /// - Returns: The addresses as log lines show them, with the real ports.
    /// - Throws: ``StartupFailure`` when an address can not be listened on; the front is stopped then.
    func start() async throws(StartupFailure) -> Addresses {
        pool.start()
        // The ports are known only once both are bound, and connections may come at once: they wait here
        // for them.
        let routes = group.next().makePromise(of: Routes.self)
        do throws(StartupFailure) {
            let https = tls == nil ? "" : configuration.httpsAddress
            let secure = try await bind(https, tls, routes.futureResult)
            let plain = try await bind(configuration.httpAddress, nil, routes.futureResult)
            routes.succeed(makeRoutes(httpPort: plain?.port, httpsPort: secure?.port))
            return Addresses(
                http: plain.map { ListenAddress.text(of: $0) },
                https: secure.map { ListenAddress.text(of: $0) }
            )
        } catch {
            routes.fail(error)
            await stop()
            throw error
        }
    }

    /// Stops to listen, lets the requests in hand finish, and closes every connection.
    ///
    /// It takes two seconds at most; what is not finished by then is cut off. A unix socket's file
    /// is removed.
    func stop() async {
        let (listeners, connections) = state.withLock { state in
            state.isStopping = true
            return (state.listeners, Array(state.connections.values))
        }
        for listener in listeners {
            let path = listener.localAddress?.pathname
            // SWALLOW: a listener that can not be closed is closed already.
            try? await listener.close()
            if let path { SocketFile.remove(path) }
        }
        for connection in connections {
            connection.pipeline.fireUserInboundEventTriggered(
                HTTPConnectionHandler.ShutdownRequest()
            )
        }
        let cutOff = group.next().scheduleTask(in: .seconds(HTTPLimits.shutdownSeconds)) {
            for connection in connections { connection.close(promise: nil) }
        }
        for connection in connections {
            // SWALLOW: the future tells that the connection is closed, in success and in failure.
            try? await connection.closeFuture.get()
        }
        cutOff.cancel()
        await stopPool()
    }

    /// Listens on `text`, unless it is empty; over TLS when there is an acceptor.
    private func bind(
        _ text: String,
        _ tls: TLSAcceptor?,
        _ routes: EventLoopFuture<Routes>
    ) async throws(StartupFailure) -> SocketAddress? {
        guard !text.isEmpty else { return nil }
        let address = ListenAddress(text)
        let listener = try await address.bind(bootstrap(for: address, tls, routes))
        state.withLock { $0.listeners.append(listener) }
        return listener.localAddress
    }

    private func makeRoutes(httpPort: Int?, httpsPort: Int?) -> Routes {
        Routes(
            broker: broker,
            configuration: configuration,
            clients: clients,
            authorizer: authorizer,
            health: health,
            metrics: metrics,
            logger: logger,
            server: Routes.Server(
                startTime: startTime,
                startInstant: startInstant,
                tcpPort: boundTCPPort,
                httpPort: httpPort ?? -1,
                httpsPort: httpsPort ?? 0
            ),
            setLogLevel: setLogLevel
        )
    }

    private func bootstrap(
        for address: ListenAddress,
        _ tls: TLSAcceptor?,
        _ routes: EventLoopFuture<Routes>
    ) -> ServerBootstrap {
        let router = HTTPRouter()
        let requiresTLS = tls == nil && configuration.tls.effectiveRequirement == .everything
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelInitializer(AcceptPause.add)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // What one read brings is what a connection may have waiting behind a slow answer.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [self] channel in
                routes.hop(to: channel.eventLoop).flatMapThrowing { [self] routes in
                    if let tls {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandlers(tls.makeHandler(), HandshakeTimer())
                    }
                    let connection = HTTPConnectionHandler(
                        routes: routes,
                        router: router,
                        pool: pool,
                        requiresTLS: requiresTLS
                    )
                    try addHandlers(for: connection, to: channel)
                }
            }
        guard case .tcp = address else { return bootstrap }
        return
            bootstrap
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    }

    /// Isolation: the event loop of `channel`.
    private func addHandlers(
        for connection: HTTPConnectionHandler,
        to channel: any NetworkChannel
    ) throws {
        guard keep(channel) else { throw ChannelError.ioOnClosedChannel }
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldCount = HTTPLimits.headerFieldCount
        limits.maxHeaderFieldSize = HTTPLimits.headerFieldBytes
        limits.maxHeaderListSize = HTTPLimits.headerBlockBytes
        let decoder = HTTPRequestDecoder(limitConfiguration: limits)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPInputWatch(connection))
        try pipeline.addHandler(
            ByteToMessageHandler(decoder, maximumBufferSize: HTTPLimits.undecodedBytes)
        )
        try pipeline.addHandler(connection)
    }

    /// Remembers `channel` until it is closed; `false` while the front is stopping, and for one too many.
    private func keep(_ channel: any NetworkChannel) -> Bool {
        guard budget.admit(channel) else { return false }
        let key = ObjectIdentifier(channel)
        let isKept = state.withLock { state in
            guard !state.isStopping else { return false }
            state.connections[key] = channel
            return true
        }
        guard isKept else { return false }
        channel.closeFuture.whenComplete { [self] _ in
            _ = state.withLock { $0.connections.removeValue(forKey: key) }
        }
        return true
    }

    private func stopPool() async {
        // SWALLOW: a pool that did not start has nothing to stop.
        try? await pool.shutdownGracefully()
    }
}
