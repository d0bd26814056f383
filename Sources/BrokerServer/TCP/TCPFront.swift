import Broker
private import Glibc
import Logging
import NIOCore
import NIOPosix
import NSQCore
import ServerSupport
import Synchronization

/// The front for protocol V2: listens, and gives every connection a ``ConnectionHandler``.
final class TCPFront: Sendable {
    /// Connections that may wait to be accepted.
    private static let backlog: Int32 = 1024

    /// Bytes read at once: little for an idle connection, much for one that publishes in bulk.
    private static let receiveAllocator = AdaptiveRecvByteBufferAllocator(
        minimum: 1024,
        initial: 4096,
        maximum: 524_288
    )

    /// Unwritten bytes of a connection at which deliveries stop, and at which they go on.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(
        low: 16_384,
        high: 32_768
    )

    /// Seconds of silence after which the kernel probes a peer, and between its probes.
    private static let keepAliveSeconds = 15

    private let environment: ConnectionEnvironment
    private let address: ListenAddress
    private let group: any EventLoopGroup
    private let connections: OpenConnections
    private let listener = Mutex<(any NetworkChannel)?>(nil)

    /// Prepares the front; nothing is bound yet.
    init(
        broker: Broker,
        configuration: NSQDConfiguration,
        tls: TLSAcceptor?,
        auth: AuthClient?,
        clients: ClientRegistry,
        budget: ConnectionBudget,
        group: any EventLoopGroup,
        logger: Logger
    ) {
        connections = OpenConnections(budget: budget)
        environment = ConnectionEnvironment(
            broker: broker,
            clients: clients,
            configuration: configuration,
            tls: tls,
            auth: auth,
            logger: logger
        )
        address = ListenAddress(configuration.tcpAddress)
        self.group = group
    }

    /// Listens, and gives the address bound, with the real port where 0 was asked for.
    ///
    /// - Throws: ``StartupFailure`` when the address cannot be listened on.
    func start() async throws(StartupFailure) -> String {
        let channel = try await address.bind(bootstrap())
        listener.withLock { $0 = channel }
        return ListenAddress.text(of: channel.localAddress)
    }

    /// Stops listening; connections go on.
    func stopListening() async {
        let channel = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        // SWALLOW: a listener that is closed already is what is wanted.
        try? await channel?.close()
        if case .unix(let path) = address, channel != nil {
            unlink(path)
        }
    }

    /// Stops listening and closes every connection without a frame.
    func stop() async {
        await stopListening()
        await connections.closeAll()
    }

    private func bootstrap() -> ServerBootstrap {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .serverChannelInitializer(AcceptPause.add)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // One read, one batch: reading on without carrying out what was read gains nothing.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: Self.receiveAllocator)
            .childChannelOption(.writeBufferWaterMark, value: Self.waterMark)
            .childChannelInitializer { [environment, connections] channel in
                guard connections.add(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionHandler(environment: environment, channel: channel)
                    )
                }
            }
        guard case .tcp = address else { return bootstrap }
        let seconds = Self.keepAliveSeconds
        return
            bootstrap
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: seconds)
            .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: seconds)
    }
}
