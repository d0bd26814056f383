import Broker
import FoundationEssentials
import Logging
import NIOCore
import NSQCore
import NSQWire
import Synchronization

/// Asks every nsqlookupd for the channels of a topic that is new here.
///
/// Source: `nsqd` spec 6.5.
final class LookupdChannels: ChannelDirectory {
    /// Channels that are made of one answer.
    private static let maximumChannels = 1024

    private let registrar: LookupdRegistrar
    private let makeClient: @Sendable () throws -> OutboundClient
    private let client = Mutex<OutboundClient?>(nil)
    private let logger: Logger

    /// `makeClient` is called when somebody is asked for the first time.
    init(
        _ registrar: LookupdRegistrar,
        logger: Logger,
        makeClient: @escaping @Sendable () throws -> OutboundClient
    ) {
        self.registrar = registrar
        self.logger = logger
        self.makeClient = makeClient
    }

    func canAsk(about topic: TopicName) -> Bool {
        let peers = registrar.peers
        guard !peers.isEmpty else { return false }
        guard peers.contains(where: { $0.identity?.broadcastAddress.isEmpty == false }) else {
            logger.error(
                "no available nsqlookupd to query for channels to pre-create for topic \(topic)"
            )
            return false
        }
        return true
    }

    func ask(
        about topic: TopicName,
        _ proceed: @escaping @Sendable ([ChannelName]) -> Void
    ) {
        let urls = registrar.peers.compactMap { peer in
            peer.identity.flatMap { Self.url(of: $0, topic) }
        }
        Task {
            let answers = await withTaskGroup { group in
                for url in urls { group.addTask { await self.channels(at: url) } }
                return await group.reduce(into: [Set<ChannelName>?]()) { $0.append($1) }
            }
            let known = answers.compactMap(\.self)
            if known.count < answers.count {
                logger.warning(
                    """
                    failed to query \(answers.count - known.count) of \(answers.count) nsqlookupd for channels \
                    to pre-create for topic \(topic)
                    """
                )
            }
            proceed(known.reduce(into: Set()) { $0.formUnion($1) }.sorted())
        }
    }

    /// Closes the connections; questions under way find nobody.
    func shutDown() async {
        let client = client.withLock { client in
            defer { client = nil }
            return client
        }
        await client?.shutDown()
    }

    private static func url(of lookupd: LookupdIdentity, _ topic: TopicName) -> String? {
        guard !lookupd.broadcastAddress.isEmpty, let port = Int(exactly: lookupd.httpPort),
            (1...65_535).contains(port)
        else { return nil }
        var components = URLComponents()
        components.scheme = "http"
        let isIPv6 = lookupd.broadcastAddress.contains(":")
        components.host = isIPv6 ? "[\(lookupd.broadcastAddress)]" : lookupd.broadcastAddress
        components.port = port
        components.path = "/channels"
        // Of what a name may hold, only the `#` before `ephemeral` means something in a URL.
        components.percentEncodedQuery = "topic=\(topic.text.replacing("#", with: "%23"))"
        return components.string
    }

    /// The channels that one nsqlookupd knows; `nil` when it did not answer.
    private func channels(at url: String) async -> Set<ChannelName>? {
        logger.info("CI: querying nsqlookupd \(url)")
        do {
            let client = try sharedClient()
            var (status, body) = try await client.answer(to: OutboundRequest(url: url))
            if status == 403, let secure = OutboundClient.secured(url, suggestedBy: body) {
                (status, body) = try await client.answer(to: OutboundRequest(url: secure))
            }
            guard status == 200 else {
                logger.error("CI: querying nsqlookupd \(url) - the answer's status is \(status)")
                return nil
            }
            let channels = body.withUnsafeReadableBytes {
                ChannelListAnswer.channels(in: $0, limit: Self.maximumChannels)
            }
            if channels == nil {
                logger.error("CI: querying nsqlookupd \(url) - the answer is not its JSON")
            }
            return channels
        } catch {
            logger.error("CI: querying nsqlookupd \(url) - \(error)")
            return nil
        }
    }

    private func sharedClient() throws -> OutboundClient {
        try client.withLock { client in
            if let client { return client }
            let made = try makeClient()
            client = made
            return made
        }
    }
}
