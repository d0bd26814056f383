import Broker
import Logging
import NIOCore
import NSQCore
import Synchronization

/// The nsqlookupd that this node registers at; the list may change while it runs.
///
/// Safe to use from any thread. Source: `nsqd` spec 6.
final class LookupdRegistrar: Sendable {
    /// What the peers are made from, once both fronts listen.
    struct Node: Sendable {
        let broker: Broker
        let identity: ProducerIdentity
        let group: any EventLoopGroup
    }

    private struct State {
        var node: Node?
        var peers: [(peer: LookupdPeer, task: Task<Void, Never>)] = []
        /// Counted apart, for the message of who finds none known.
        var isStopped = false
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) {
        self.logger = logger
    }

    /// The peers there are.
    var peers: [LookupdPeer] { state.withLock { $0.peers.map(\.peer) } }

    /// Begins to register `node` at `addresses`.
    func start(_ node: Node, _ addresses: [String]) {
        state.withLock { $0.node = node }
        setAddresses(addresses)
    }

    /// Registers at `addresses` from now on: leaves whoever is not among them, and connects to whoever is new.
    ///
    /// An address that is given twice counts once.
    func setAddresses(_ addresses: [String]) {
        state.withLock { state in
            guard let node = state.node, !state.isStopped else { return }
            let leaving = state.peers.filter { !addresses.contains($0.peer.address) }
            for (peer, task) in leaving {
                logger.info("LOOKUP(\(peer.address)): removing peer")
                task.cancel()
            }
            state.peers.removeAll { !addresses.contains($0.peer.address) }
            for address in addresses
            where !state.peers.contains(where: { $0.peer.address == address }) {
                logger.info("LOOKUP(\(address)): adding peer")
                let peer = LookupdPeer(
                    address,
                    broker: node.broker,
                    identity: node.identity,
                    group: node.group,
                    logger: logger
                )
                state.peers.append((peer, Task { await peer.run() }))
            }
        }
    }

    /// Tells the peers what was made or deleted.
    func note(_ event: BrokerEvent) {
        switch event {
        case .topicCreated(let topic): post(topic, [nil])
        case .channelCreated(let topic, let channel), .channelDeleting(let topic, let channel):
            post(topic, [channel])
        case .topicDeleting(let topic, let channels):
            // The channels first: nsqlookupd wonders about a topic that is taken back before them.
            post(topic, channels + [nil])
        case .topicClosing, .persisting, .tookOver, .skipped, .readFailed, .store, .failed: break
        }
    }

    private func post(_ topic: String, _ channels: [String?]) {
        let peers = peers
        guard !peers.isEmpty, let topic = TopicName(topic) else { return }
        for channel in channels {
            let notice = LookupdNotice(topic: topic, channel: channel.flatMap { ChannelName($0) })
            for peer in peers { peer.post(notice) }
        }
    }

    /// Closes all connections; nothing more is told.
    func stop() async {
        let tasks = state.withLock { state in
            state.isStopped = true
            return state.peers.map(\.task)
        }
        if !tasks.isEmpty { logger.info("LOOKUP: closing") }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
