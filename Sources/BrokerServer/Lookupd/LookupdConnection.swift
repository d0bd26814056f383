import NIOCore
import NIOPosix
import NSQWire
import ServerSupport

/// One connection to an nsqlookupd: commands, and their replies in order.
///
/// Isolation: used by one task.
struct LookupdConnection {
    /// What ends a connection.
    enum Failure: Error, CustomStringConvertible {
        /// The address has no port.
        case badAddress
        /// It ended, or a reply did not come in time.
        case closed
        /// A command was answered with an error.
        case refused(String)
        /// The reply to IDENTIFY is no JSON.
        case badIdentity

        var description: String {
            switch self {
            case .badAddress: "the address is no <host>:<port>"
            case .closed: "the connection ended, or no reply came in time"
            case .refused(let text): "answered with \(text)"
            case .badIdentity: "the reply to IDENTIFY is not the JSON of an nsqlookupd"
            }
        }
    }

    /// Time to connect, and for each reply (`nsqd` spec 6.1).
    private static let limit = TimeAmount.seconds(1)
    /// Bytes of a reply that are taken; the longest proper one is the answer to IDENTIFY.
    private static let maximumReplyBytes = 65_536

    private let channel: any NetworkChannel
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var replies: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator

    /// Connects to `address`, whose name `resolver` finds, has `body` talk, and closes the connection.
    ///
    /// `closed` is called when the connection ends, on whatever thread that shows.
    static func open(
        _ address: String,
        _ resolver: HostResolver,
        on group: any EventLoopGroup,
        closed: @escaping @Sendable () -> Void,
        _ body: (inout LookupdConnection) async throws -> Void
    ) async throws {
        guard case .tcp(let host, let portText) = ListenAddress(address), let port = Int(portText)
        else { throw Failure.badAddress }
        var last: any Error = Failure.badAddress
        var connected: NIOAsyncChannel<ByteBuffer, ByteBuffer>?
        for target in try await resolver.addresses(of: host, port: port) where connected == nil {
            do {
                connected = try await connect(to: target, on: group)
            } catch {
                last = error
            }
        }
        guard let socket = connected else { throw last }
        socket.channel.closeFuture.whenComplete { _ in closed() }
        try await socket.executeThenClose { inbound, outbound in
            var connection = LookupdConnection(
                channel: socket.channel,
                outbound: outbound,
                replies: inbound.makeAsyncIterator()
            )
            try await body(&connection)
        }
    }

    private static func connect(
        to address: SocketAddress,
        on group: any EventLoopGroup
    ) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: group)
            .connectTimeout(limit)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ByteToMessageHandler(LookupdReplyDecoder(limit: maximumReplyBytes))
                    )
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
    }

    /// Writes `bytes` and gives the replies to the `count` commands in them, in order.
    ///
    /// - Throws: When not all come in time; the connection is of no use then.
    mutating func exchange(_ bytes: ByteBuffer, count: Int) async throws -> [ByteBuffer] {
        var watchdog = closeInTime()
        defer { watchdog.cancel() }
        try await outbound.write(bytes)
        var received: [ByteBuffer] = []
        while received.count < count {
            guard let reply = try await replies.next() else { throw Failure.closed }
            // Each reply has its own time: an nsqlookupd may be slow, as long as it goes on.
            watchdog.cancel()
            watchdog = closeInTime()
            received.append(reply)
        }
        return received
    }

    /// What a reply says when it is an error, fit for a log line; `nil` when it is none.
    static func refusal(in reply: ByteBuffer) -> String? {
        guard reply.readableBytesView.starts(with: "E_".utf8) else { return nil }
        let text = String(decoding: reply.readableBytesView.prefix(200), as: UTF8.self)
        return PrintableText.singleLine(text)
    }

    private func closeInTime() -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: Self.limit) { [channel] in channel.close(promise: nil) }
    }
}
