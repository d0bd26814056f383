package import NIOCore
private import NIOHTTP1
private import NIOPosix
package import NSQCore
private import Synchronization

/// A daemon's HTTP API, in the clear on a TCP port or a unix socket, and over TLS on a TCP port.
///
/// Isolation: connections live on the loops of the group given; routes that touch the disk or walk
/// everything run on two threads of the front's own. Source: `nsqd` spec 4, `nsqlookupd` spec 7.
package final class HTTPFront<API: HTTPAPI>: Sendable {
    /// What the front listens on, as log lines show it; `nil` for what it does not.
    package struct Addresses: Sendable {
        /// In the clear.
        package var http: String?
        /// Over TLS.
        package var https: String?
    }

    /// The ports that the front listens on; `nil` for a unix socket, and for what it does not listen on.
    package struct Ports: Sendable {
        /// In the clear.
        package var http: Int?
        /// Over TLS.
        package var https: Int?
    }

    /// Where to listen with TLS.
    package struct SecureDoor: Sendable {
        let address: String
        let addTLS: @Sendable (any NetworkChannel) throws -> Void

        /// Takes an address and what puts TLS into a connection's pipeline, on its event loop.
        package init(
            address: String,
            addTLS: @escaping @Sendable (any NetworkChannel) throws -> Void
        ) {
            self.address = address
            self.addTLS = addTLS
        }
    }

    private struct State {
        var listeners: [any NetworkChannel] = []
        var connections: [ObjectIdentifier: any NetworkChannel] = [:]
        var isStopping = false
    }

    private let address: String
    private let secureDoor: SecureDoor?
    private let requiresTLS: Bool
    private let budget: ConnectionBudget
    private let group: any EventLoopGroup
    private let makeAPI: @Sendable (Ports) -> API
    private let pool = NIOThreadPool(numberOfThreads: HTTPLimits.blockingThreadCount)
    private let state = Mutex(State())

    /// Prepares the front; nothing is bound yet.
    ///
    /// `address`: where to listen in the clear, empty for nowhere; with `requiresTLS` whoever comes there is
    /// refused. `makeAPI` is called once the ports are known.
    package init(
        address: String,
        secureDoor: SecureDoor?,
        requiresTLS: Bool,
        budget: ConnectionBudget,
        group: any EventLoopGroup,
        makeAPI: @escaping @Sendable (Ports) -> API
    ) {
        self.address = address
        self.secureDoor = secureDoor
        self.requiresTLS = requiresTLS
        self.budget = budget
        self.group = group
        self.makeAPI = makeAPI
    }

    /// Listens and serves.
    ///
    /// An empty address is not listened on.
    ///
    /// - Returns: The addresses as log lines show them, with the real ports.
    /// - Throws: ``StartupFailure`` when an address can not be listened on; the front is stopped then.
    package func start() async throws(StartupFailure) -> Addresses {
        pool.start()
        // The ports are known only once both are bound, and connections may come at once: they wait here
        // for them.
        let api = group.next().makePromise(of: API.self)
        do throws(StartupFailure) {
            let secure = try await bind(
                secureDoor?.address ?? "",
                secureDoor?.addTLS,
                api.futureResult
            )
            let plain = try await bind(address, nil, api.futureResult)
            api.succeed(makeAPI(Ports(http: plain?.port, https: secure?.port)))
            return Addresses(
                http: plain.map { ListenAddress.text(of: $0) },
                https: secure.map { ListenAddress.text(of: $0) }
            )
        } catch {
            api.fail(error)
            await stop()
            throw error
        }
    }

    /// Stops to listen, lets the requests in hand finish, and closes every connection.
    ///
    /// It takes two seconds at most; what is not finished by then is cut off. A unix socket's file
    /// is removed.
    package func stop() async {
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
            connection.pipeline.fireUserInboundEventTriggered(HTTPShutdownRequest())
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

    /// Listens on `text`, unless it is empty; with `addTLS` over TLS.
    private func bind(
        _ text: String,
        _ addTLS: (@Sendable (any NetworkChannel) throws -> Void)?,
        _ api: EventLoopFuture<API>
    ) async throws(StartupFailure) -> SocketAddress? {
        guard !text.isEmpty else { return nil }
        let address = ListenAddress(text)
        let listener = try await address.bind(bootstrap(for: address, addTLS, api))
        state.withLock { $0.listeners.append(listener) }
        return listener.localAddress
    }

    private func bootstrap(
        for address: ListenAddress,
        _ addTLS: (@Sendable (any NetworkChannel) throws -> Void)?,
        _ api: EventLoopFuture<API>
    ) -> ServerBootstrap {
        let router = HTTPRouter<API.Route>()
        let refusesAll = addTLS == nil && requiresTLS
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelInitializer(AcceptPause.add)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // What one read brings is what a connection may have waiting behind a slow answer.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [self] channel in
                api.hop(to: channel.eventLoop).flatMapThrowing { [self] api in
                    try addTLS?(channel)
                    let connection = HTTPConnectionHandler(
                        api: api,
                        router: router,
                        pool: pool,
                        requiresTLS: refusesAll
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
        for connection: HTTPConnectionHandler<API>,
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
