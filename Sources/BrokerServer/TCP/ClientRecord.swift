import Broker
import NIOCore
import NSQWire
import ServerSupport
import Synchronization

/// What other threads may see and touch of one client connection.
///
/// Isolation: everything here may be called from any thread; what acts on the connection hops to its loop.
package final class ClientRecord: Sendable {
    /// Topics whose publishes are counted for one client; a producer that names more is counted in full by
    /// the topics themselves.
    static let maximumCountedTopics = 1000

    /// Bytes that are kept of each text with which a client describes itself.
    private static let maximumTextBytes = 256

    /// The peer as log lines show it: IP and port, `@` for a unix socket.
    package let remoteAddress: String

    /// The peer's IP; empty for a unix socket.
    let remoteHost: String

    /// The connection's handler, to be touched on its loop only; `nil` before and after its life.
    let handler: NIOLoopBoundBox<ConnectionHandler?>

    /// Asks the handler to deliver.
    let pumpSignal = PumpSignal()

    private let connectTime: Int64
    private let state: Mutex<State>

    private struct State {
        var identity = IdentifyRequest()
        var settings: ConnectionSettings
        var connection = ConnectionState.initial
        var tls: TLSFacts?
        var isAuthorized = false
        var authIdentity = ""
        var authIdentityURL = ""
        var consumer: Consumer?
        var publishCounts: [(topic: String, count: UInt64)] = []
        var publishSlots: [String: Int] = [:]
    }

    /// Records a connection that was just made.
    init(peer: PeerAddress, settings: ConnectionSettings, eventLoop: any EventLoop) {
        remoteAddress = peer.text
        remoteHost = peer.host
        handler = .makeEmptyBox(eventLoop: eventLoop)
        connectTime = WallClock.seconds
        var state = State(settings: settings)
        state.identity.clientID = peer.host
        state.identity.hostname = peer.host
        self.state = Mutex(state)
    }

    /// The client as it is now.
    package func statistics() -> ClientStatistics {
        var result = ClientStatistics()
        result.remoteAddress = remoteAddress
        result.connectTime = connectTime
        let consumer = state.withLock { state -> Consumer? in
            result.clientID = state.identity.clientID
            result.hostname = state.identity.hostname
            result.userAgent = state.identity.userAgent
            result.topologyZone = state.identity.topologyZone
            result.topologyRegion = state.identity.topologyRegion
            result.state = state.connection.rawValue
            result.sampleRate = state.settings.sampleRate
            result.deflate = state.settings.usesDeflate
            result.snappy = state.settings.usesSnappy
            result.isTLS = state.tls != nil
            result.tlsVersion = state.tls?.version ?? ""
            result.tlsCipherSuite = state.tls?.cipherSuite ?? ""
            result.isAuthorized = state.isAuthorized
            result.authIdentity = state.authIdentity
            result.authIdentityURL = state.authIdentityURL
            result.publishCounts = state.publishCounts.filter { $0.count > 0 }
            return state.consumer
        }
        if let counts = consumer?.counts {
            result.readyCount = counts.readyCount
            result.inFlightCount = counts.inFlightCount
            result.messageCount = counts.messageCount
            result.finishCount = counts.finishCount
            result.requeueCount = counts.requeueCount
        }
        return result
    }

    /// The client said who it is and what it wants.
    ///
    /// Only the start of long texts is kept: `/stats` shows them for every client.
    func identified(as identity: IdentifyRequest, with settings: ConnectionSettings) {
        var identity = identity
        identity.clientID = Self.start(of: identity.clientID)
        identity.hostname = Self.start(of: identity.hostname)
        identity.userAgent = Self.start(of: identity.userAgent)
        identity.topologyZone = Self.start(of: identity.topologyZone)
        identity.topologyRegion = Self.start(of: identity.topologyRegion)
        state.withLock {
            $0.identity = identity
            $0.settings = settings
        }
    }

    /// How the client described itself, for the log.
    var introduction: String {
        let identity = state.withLock { $0.identity }
        return
            "client_id=\(identity.clientID) hostname=\(identity.hostname) user_agent=\(identity.userAgent)"
    }

    /// The client's stream is a TLS stream from now on.
    func secured(_ facts: TLSFacts) {
        state.withLock { $0.tls = facts }
    }

    /// What TLS agreed on; `nil` on a stream in the clear.
    var tlsFacts: TLSFacts? { state.withLock { $0.tls } }

    /// An auth server told who the client is.
    func authorized(by grant: AuthGrant) {
        let identity = Self.start(of: grant.identity)
        let identityURL = Self.start(of: grant.identityURL)
        state.withLock {
            $0.isAuthorized = grant.authorizationCount > 0
            $0.authIdentity = identity
            $0.authIdentityURL = identityURL
        }
    }

    private static func start(of text: String) -> String {
        guard text.utf8.count > maximumTextBytes else { return text }
        return String(decoding: text.utf8.prefix(maximumTextBytes), as: UTF8.self)
    }

    /// The client joined a channel.
    func subscribed(as consumer: Consumer) {
        state.withLock {
            $0.connection = .subscribed
            $0.consumer = consumer
        }
    }

    /// The client asked for the end of deliveries.
    func closeReceived() {
        state.withLock { $0.connection = .closing }
    }

    /// Where to count publishes to `topic`; `nil` when ``maximumCountedTopics`` others are counted.
    func publishSlot(of topic: String) -> Int? {
        state.withLock { state in
            if let slot = state.publishSlots[topic] { return slot }
            guard state.publishCounts.count < Self.maximumCountedTopics else { return nil }
            state.publishSlots[topic] = state.publishCounts.count
            state.publishCounts.append((topic, 0))
            return state.publishCounts.count - 1
        }
    }

    /// Counts `count` messages published to the topic of `slot`.
    func published(_ count: Int, slot: Int?) {
        guard let slot else { return }
        state.withLock { $0.publishCounts[slot].count &+= UInt64(truncatingIfNeeded: count) }
    }
}

extension ClientRecord: ConsumerDelegate {
    /// Delivers on the connection's loop, soon and once for any number of calls until then.
    package func consumerShouldPump() {
        guard pumpSignal.request() else { return }
        handler.eventLoop.execute { [handler] in handler.value?.pumpRequested() }
    }

    /// Closes the connection without a frame.
    package func consumerChannelClosed() {
        handler.eventLoop.execute { [handler] in handler.value?.channelDeleted() }
    }
}
