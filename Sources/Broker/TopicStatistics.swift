import DiskQueue
import NSQCore
import Synchronization

/// What is counted of a topic.
///
/// Source: `nsqd` spec 4.5.
package struct TopicStatistics: Sendable {
    /// The topic's name.
    package var name: String
    /// Its channels by name.
    package var channels: [ChannelStatistics]
    /// Messages that no channel has received yet.
    package var depth: Int64
    /// How many of them exceed the memory queue of the original, or lay on disk when the daemon started.
    package var backendDepth: Int64
    /// Messages published since the process started.
    package var messageCount: UInt64
    /// Bytes of their bodies.
    package var messageBytes: UInt64
    /// Whether the topic is paused.
    package var isPaused: Bool
    /// The latencies of all channels together; `nil` when none are kept, or by none.
    package var latency: LatencyDistribution?
}

/// What is counted of a channel.
///
/// Source: `nsqd` spec 4.5.
package struct ChannelStatistics: Sendable {
    /// The channel's name.
    package var name: String
    /// Messages that wait to be delivered, neither in flight nor deferred.
    package var depth: Int64
    /// How many of them exceed the memory queue of the original, or lay on disk when the daemon started.
    package var backendDepth: Int64
    /// Messages delivered and not finished.
    package var inFlightCount: Int64
    /// Messages that wait for their time.
    package var deferredCount: Int64
    /// Messages received from the topic since the process started.
    package var messageCount: UInt64
    /// Requeues since the process started.
    package var requeueCount: UInt64
    /// Timeouts since the process started.
    package var timeoutCount: UInt64
    /// Whether the channel is paused.
    package var isPaused: Bool
    /// The consumers that are subscribed.
    package var consumers: [Consumer]
    /// Deliveries by the proximity of the consumer.
    package var deliveries: ProximityCounts
    /// Latencies from publish to FIN; `nil` when none are kept.
    package var latency: LatencyDistribution?
}

extension Channel {
    /// What is counted of the channel.
    func statistics() -> ChannelStatistics {
        let memory = Int64(shared.configuration.memoryQueueSize)
        let latency = latency?.distribution(now: shared.time.monotonicNanoseconds)
        return core.withLock { core in
            ChannelStatistics(
                name: name.text,
                depth: core.depth,
                backendDepth: max(core.depth - memory, core.storedDepth),
                inFlightCount: core.inFlightCount,
                deferredCount: Int64(core.deferrals.count),
                messageCount: core.messageCount,
                requeueCount: core.requeueCount,
                timeoutCount: core.timeoutCount,
                isPaused: core.isPaused,
                consumers: core.members.compactMap { $0?.consumer },
                deliveries: core.deliveries,
                latency: latency
            )
        }
    }
}

extension Topic {
    /// What is counted of the topic; only the channel of that name when one is given.
    ///
    /// - Returns: `nil` when there is no such channel.
    func statistics(channel filter: String?) -> TopicStatistics? {
        let state = state.withLock { $0 }
        let depth = depth(state)
        let shown = state.channels.filter { filter == nil || $0.name.text == filter }
        if filter != nil, shown.isEmpty { return nil }
        let memory = Int64(shared.configuration.memoryQueueSize)
        let channels = shown.map { $0.statistics() }.sorted { $0.name < $1.name }
        return TopicStatistics(
            name: name.text,
            channels: channels,
            depth: depth,
            backendDepth: name.isEphemeral ? 0 : max(depth - memory, storedDepth(state)),
            messageCount: state.messageCount,
            messageBytes: state.messageBytes,
            isPaused: state.roster.isPaused,
            latency: merged(channels.compactMap(\.latency))
        )
    }

    private func merged(_ latencies: [LatencyDistribution]) -> LatencyDistribution? {
        guard var all = latencies.first else { return nil }
        for latency in latencies.dropFirst() { all.add(latency) }
        return all
    }
}
