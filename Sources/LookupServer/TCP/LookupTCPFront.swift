import NIOCore
import NIOPosix
import NSQCore
import ServerSupport
import Synchronization

/// The front for protocol V1: listens, and gives every connection a ``LookupConnectionHandler``.
final class LookupTCPFront: Sendable {
    /// Bytes read at once.
    private static let receiveAllocator = AdaptiveRecvByteBufferAllocator(
        minimum: 256,
        initial: 1024,
        maximum: 65_536
    )

    private let environment: LookupEnvironment
    private let address: ListenAddress
    private let connections: OpenConnections
    private let group: any EventLoopGroup
    private let listener = Mutex<(any NetworkChannel)?>(nil)

    /// Prepares the front; nothing is bound yet.
    init(
        address: String,
        environment: LookupEnvironment,
        budget: ConnectionBudget,
        group: any EventLoopGroup
    ) {
        self.address = ListenAddress(address)
        self.environment = environment
        self.group = group
        connections = OpenConnections(budget: budget)
    }

    /// Listens, and gives the address bound, with the real port where 0 was asked for.
    ///
    /// - Throws: ``StartupFailure`` when the address cannot be listened on.
    func start() async throws(StartupFailure) -> String {
        let channel = try await address.bind(bootstrap())
        listener.withLock { $0 = channel }
        return ListenAddress.text(of: channel.localAddress)
    }

    /// Stops listening and closes every connection, also those that have said nothing yet.
    func stop() async {
        let channel = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        // SWALLOW: a listener that is closed already is what is wanted.
        try? await channel?.close()
        if case .unix(let path) = address, channel != nil { SocketFile.remove(path) }
        await connections.closeAll()
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer(AcceptPause.add)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: Self.receiveAllocator)
            .childChannelInitializer { [environment, connections] channel in
                guard connections.add(channel) else { return channel.close() }
                let peer = PeerAddress(channel.remoteAddress).text
                return channel.eventLoop.makeCompletedFuture {
                    let handler = LookupConnectionHandler(environment: environment, peer: peer)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
    }
}
