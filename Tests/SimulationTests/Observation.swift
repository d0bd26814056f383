import Broker
import DiskQueue
import DiskQueueTesting
import NSQCore

/// All that a recovered store delivers, and what it says of itself.
struct Observation {
    /// One channel, drained.
    struct SeenChannel {
        var isPaused = false
        /// What was delivered.
        var keys: Set<UInt64> = []
        /// What of it was delivered at once.
        var early: Set<UInt64> = []
        /// The ids that were shown.
        var ids: [UInt64: UInt64] = [:]

        fileprivate mutating func note(_ received: [Received], isEarly: Bool) throws {
            for message in received {
                guard let key = message.key else { throw Violation("wrong bytes") }
                guard keys.insert(key).inserted else {
                    throw Violation("message \(key) was delivered twice")
                }
                if message.attempts == 0 { throw Violation("message \(key) has no attempts") }
                if isEarly { early.insert(key) }
                ids[key] = message.id
            }
        }
    }

    /// One topic, drained.
    struct SeenTopic {
        var isPaused = false
        var channels: [String: SeenChannel] = [:]
        /// What a channel gets that is made now; `nil` when the pump does not stand.
        var backlog: SeenChannel?
    }

    /// The topics by name.
    var topics: [String: SeenTopic] = [:]
    /// Where the counts differ from what was delivered.
    var miscounts: [Miscount] = []

    /// A count that was not right.
    struct Miscount {
        let place: String
        let counted: Int64
        let delivered: Int64
    }

    /// Recovers from `image` and drains everything; the image stays as it is.
    ///
    /// - Throws: ``Violation`` for what no history permits; what opening throws.
    init(
        _ image: DiskImage,
        _ engine: Engine,
        after past: Engine.Past,
        wallMilliseconds: UInt64,
        metadata: MemoryMetadataStore.State = MemoryMetadataStore.State()
    ) throws {
        let time = ManualTime(wallNanoseconds: Int64(wallMilliseconds) * 1_000_000)
        let broker = try engine.open(
            SimulatedFileSystem(image: image),
            after: past,
            time: time,
            metadata: MemoryMetadataStore(metadata)
        )
        try self.init(draining: broker, time)
    }

    /// Drains a broker that has no consumers yet.
    init(draining broker: Broker, _ time: ManualTime) throws {
        var drains = try broker.statistics(topic: nil, channel: nil).map { counts in
            guard let name = TopicName(counts.name), let topic = broker.existingTopic(name) else {
                throw Violation("topic \(counts.name) is counted and not there")
            }
            return try TopicDrain(topic, counts)
        }
        time.advance(by: .seconds(100_000))
        broker.processDue()
        for index in drains.indices {
            try drains[index].finish(&miscounts)
            topics[drains[index].counts.name] = drains[index].result
        }
    }

    /// The draining of one topic, before and after the time of deferred messages.
    private struct TopicDrain {
        let counts: TopicStatistics
        var result = SeenTopic()
        private var consumers: [String: SimulatedConsumer] = [:]
        private var probe: SimulatedConsumer?
        private static let everything = 1_000_000

        init(_ topic: Topic, _ counts: TopicStatistics) throws {
            self.counts = counts
            result.isPaused = counts.isPaused
            for channel in counts.channels {
                guard let name = ChannelName(channel.name),
                    let found = topic.existingChannel(name)
                else { throw Violation("channel \(channel.name) is counted and not there") }
                let consumer = try SimulatedConsumer(found)
                if channel.isPaused {
                    guard try consumer.take(1).isEmpty else {
                        throw Violation("a paused channel delivers")
                    }
                    try found.unpause()
                }
                consumers[channel.name] = consumer
                result.channels[channel.name] = SeenChannel(isPaused: channel.isPaused)
                try take(channel.name, isEarly: true)
            }
            guard counts.isPaused || counts.channels.isEmpty else { return }
            // A channel made now gets what the pump has not passed; so do the others, afterwards.
            guard let name = ChannelName("probe#ephemeral") else { return }
            probe = try SimulatedConsumer(try topic.channel(name))
            if counts.isPaused { try topic.unpause() }
            result.backlog = SeenChannel()
            for channel in counts.channels { try take(channel.name, isEarly: true) }
            try takeBacklog(isEarly: true)
        }

        mutating func finish(_ miscounts: inout [Miscount]) throws {
            for channel in counts.channels {
                try take(channel.name, isEarly: false)
                let count = result.channels[channel.name]?.keys.count ?? 0
                let told =
                    channel.depth + channel.deferredCount + (probe == nil ? 0 : counts.depth)
                compare(told, count, "\(counts.name):\(channel.name)", &miscounts)
                if channel.inFlightCount != 0 { throw Violation("something is in flight") }
            }
            try takeBacklog(isEarly: false)
            compare(counts.depth, result.backlog?.keys.count ?? 0, counts.name, &miscounts)
        }

        private func compare(
            _ counted: Int64,
            _ delivered: Int,
            _ place: String,
            _ miscounts: inout [Miscount]
        ) {
            let delivered = Int64(delivered)
            guard counted != delivered else { return }
            miscounts.append(Miscount(place: place, counted: counted, delivered: delivered))
        }

        private mutating func take(_ name: String, isEarly: Bool) throws {
            guard let received = try consumers[name]?.take(Self.everything) else { return }
            try result.channels[name]?.note(received, isEarly: isEarly)
        }

        private mutating func takeBacklog(isEarly: Bool) throws {
            guard let received = try probe?.take(Self.everything) else { return }
            try result.backlog?.note(received, isEarly: isEarly)
        }
    }
}
