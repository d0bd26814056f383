import Broker
import Logging
import NIOCore
import NSQCore
import NSQWire
import Synchronization

/// Keeps one nsqlookupd informed of this node's topics and channels.
///
/// A task of its own, so that one that does not answer delays neither the others nor anything else. Whenever a
/// connection is made, everything is told; from then on, what changes. Source: `nsqd` spec 6.
final class LookupdPeer: Sendable {
    /// Time between PINGs.
    private static let pingInterval = Duration.seconds(15)
    /// Commands that are written at once.
    private static let batch = 256

    /// Host and port as they were given.
    let address: String
    private let broker: Broker
    private let introduction: ByteBuffer
    private let group: any EventLoopGroup
    private let logger: Logger
    private let resolver: HostResolver
    private let inbox = LookupdInbox()
    private let known = Mutex<LookupdIdentity?>(nil)

    init(
        _ address: String,
        broker: Broker,
        identity: ProducerIdentity,
        group: any EventLoopGroup,
        logger: Logger
    ) {
        self.address = address
        self.broker = broker
        self.group = group
        self.logger = logger
        resolver = HostResolver(name: address)
        let json = identity.json.utf8
        var bytes = ByteBuffer()
        bytes.writeString(LookupdCommandReader.magic + "IDENTIFY\n")
        bytes.writeInteger(UInt32(truncatingIfNeeded: json.count))
        bytes.writeBytes(json)
        introduction = bytes
    }

    /// How the nsqlookupd introduced itself last, also when it is not connected now; `nil` when it never did.
    var identity: LookupdIdentity? { known.withLock { $0 } }

    /// Something was made or deleted.
    func post(_ notice: LookupdNotice) { inbox.post(notice) }

    /// Tells what there is and what changes, until it is cancelled.
    func run() async {
        var backoff = LookupdBackoff()
        while !Task.isCancelled {
            do {
                defer { inbox.close() }
                try await LookupdConnection.open(
                    address,
                    resolver,
                    on: group,
                    closed: inbox.noteClosed
                ) { connection in
                    try await converse(&connection, &backoff)
                }
            } catch {
                if Task.isCancelled { return }
                logger.error("LOOKUPD(\(address)): \(error)")
            }
            let wait = backoff.next(fraction: .random(in: 0...1))
            // SWALLOW: cancelled, the loop ends.
            try? await Task.sleep(for: wait)
        }
    }

    private func converse(
        _ connection: inout LookupdConnection,
        _ backoff: inout LookupdBackoff
    ) async throws {
        // What came before is among what is told now.
        inbox.open()
        try await introduce(&connection)
        try await send(everything(), on: &connection)
        backoff.reset()
        let pings = Task { [inbox] in
            while !Task.isCancelled {
                // SWALLOW: cancelled, the loop ends.
                try? await Task.sleep(for: Self.pingInterval)
                inbox.notePingDue()
            }
        }
        defer { pings.cancel() }
        for await _ in inbox.wakes {
            let contents = inbox.take()
            if contents.isClosed { throw LookupdConnection.Failure.closed }
            let commands = contents.notices.map { notice in
                notice.command(isThere: broker.has(notice.topic, notice.channel))
            }
            try await send(commands + (contents.isPingDue ? ["PING\n"] : []), on: &connection)
            // Told anew from the beginning, with the next connection.
            if contents.hasOverflowed { return }
        }
    }

    private func introduce(_ connection: inout LookupdConnection) async throws {
        logger.info("LOOKUPD(\(address)): connected")
        let reply = try await connection.exchange(introduction, count: 1)[0]
        if let text = LookupdConnection.refusal(in: reply) {
            throw LookupdConnection.Failure.refused(text)
        }
        guard let identity = reply.withUnsafeReadableBytes(LookupdIdentity.init(json:)) else {
            throw LookupdConnection.Failure.badIdentity
        }
        known.withLock { $0 = identity }
        let text = GoJSON.quote(identity.broadcastAddress)
        logger.info(
            """
            LOOKUPD(\(address)): peer info broadcast_address:\(text) http_port:\(identity.httpPort) \
            tcp_port:\(identity.tcpPort) version:\(GoJSON.quote(identity.version))
            """
        )
        if identity.broadcastAddress.isEmpty {
            logger.error("LOOKUPD(\(address)): no broadcast address")
        }
    }

    /// The registrations of all there is: a topic's channels, or the topic where it has none.
    private func everything() -> [String] {
        broker.registrations.flatMap { topic, channels in
            channels.isEmpty
                ? [LookupdNotice(topic: topic).command(isThere: true)]
                : channels.map { LookupdNotice(topic: topic, channel: $0).command(isThere: true) }
        }
    }

    private func send(
        _ commands: [String],
        on connection: inout LookupdConnection
    ) async throws {
        var rest = commands[...]
        while !rest.isEmpty {
            let some = rest.prefix(Self.batch)
            rest = rest.dropFirst(Self.batch)
            let replies = try await connection.exchange(
                ByteBuffer(string: some.joined()),
                count: some.count
            )
            // One that is fatal ends the connection; beyond a limit of its own, an nsqlookupd goes on without the rest.
            if let text = replies.lazy.compactMap(LookupdConnection.refusal).first {
                logger.error("LOOKUPD(\(address)): answered with \(text)")
            }
        }
    }
}
