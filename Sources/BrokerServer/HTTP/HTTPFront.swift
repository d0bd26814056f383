package import Broker
package import Logging
package import NIOCore
private import NIOHTTP1
private import NIOPosix
private import Synchronization

/// nsqd's HTTP API on a TCP port or a unix socket.
///
/// Isolation: connections live on the loops of the group given; routes that touch the disk or walk
/// every topic run on two threads of the front's own. Source: `nsqd` spec 4.
package final class HTTPFront: Sendable {
    private struct State {
        var listener: (any NetworkChannel)?
        var connections: [ObjectIdentifier: any NetworkChannel] = [:]
        var isStopping = false
    }

    private let broker: Broker
    private let configuration: NSQDConfiguration
    private let clients: ClientRegistry
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
    package init(
        broker: Broker,
        configuration: NSQDConfiguration,
        clients: ClientRegistry,
        group: any EventLoopGroup,
        logger: Logger,
        startTime: Int64,
        boundTCPPort: Int,
        setLogLevel: @escaping @Sendable (Logger.Level) -> Void
    ) {
        self.broker = broker
        self.configuration = configuration
        self.clients = clients
        self.group = group
        self.logger = logger
        self.startTime = startTime
        self.boundTCPPort = boundTCPPort
        self.setLogLevel = setLogLevel
    }

    /// Listens on `--http-address`, which must not be empty, and serves.
    ///
    /// - Returns: The address as log lines show it, with the real port.
    /// - Throws: ``StartupFailure`` when the address can not be listened on.
    package func start() async throws -> String {
        pool.start()
        do {
            return try await listen()
        } catch {
            await stopPool()
            throw error
        }
    }

    /// Stops to listen, lets the requests in hand finish, and closes every connection.
    ///
    /// It takes two seconds at most; what is not finished by then is cut off. A unix socket's file
    /// is removed.
    package func stop() async {
        let (listener, connections) = state.withLock { state in
            state.isStopping = true
            return (state.listener, Array(state.connections.values))
        }
        // SWALLOW: a listener that can not be closed is closed already.
        try? await listener?.close()
        removeSocketFile()
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

    private func listen() async throws -> String {
        let address = ListenAddress(configuration.httpAddress)
        // The port is known only once it is bound, and connections may come at once: they wait here
        // for it.
        let routes = group.next().makePromise(of: Routes.self)
        do {
            let listener = try await address.bind(bootstrap(for: address, routes.futureResult))
            state.withLock { $0.listener = listener }
            routes.succeed(makeRoutes(httpPort: listener.localAddress?.port ?? -1))
            return ListenAddress.text(of: listener.localAddress)
        } catch {
            routes.fail(error)
            throw error
        }
    }

    private func makeRoutes(httpPort: Int) -> Routes {
        Routes(
            broker: broker,
            configuration: configuration,
            clients: clients,
            logger: logger,
            server: Routes.Server(
                startTime: startTime,
                startInstant: startInstant,
                tcpPort: boundTCPPort,
                httpPort: httpPort
            ),
            setLogLevel: setLogLevel
        )
    }

    private func bootstrap(
        for address: ListenAddress,
        _ routes: EventLoopFuture<Routes>
    ) -> ServerBootstrap {
        let router = HTTPRouter()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // What one read brings is what a connection may have waiting behind a slow answer.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [self] channel in
                routes.hop(to: channel.eventLoop).flatMapThrowing { [self] routes in
                    try addHandlers(to: channel, routes: routes, router: router)
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
        to channel: any NetworkChannel,
        routes: Routes,
        router: HTTPRouter
    ) throws {
        guard keep(channel) else { throw ChannelError.ioOnClosedChannel }
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldCount = HTTPLimits.headerFieldCount
        limits.maxHeaderFieldSize = HTTPLimits.headerFieldBytes
        limits.maxHeaderListSize = HTTPLimits.headerBlockBytes
        let decoder = HTTPRequestDecoder(limitConfiguration: limits)
        let connection = HTTPConnectionHandler(routes: routes, router: router, pool: pool)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPInputWatch(connection))
        try pipeline.addHandler(
            ByteToMessageHandler(decoder, maximumBufferSize: HTTPLimits.undecodedBytes)
        )
        try pipeline.addHandler(connection)
    }

    /// Remembers `channel` until it is closed; `false` while the front is stopping.
    private func keep(_ channel: any NetworkChannel) -> Bool {
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

    private func removeSocketFile() {
        guard case .unix(let path) = ListenAddress(configuration.httpAddress) else { return }
        SocketFile.remove(path)
    }
}
