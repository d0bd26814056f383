package import NSQCore
import Synchronization

extension RegistrationDB {
    /// A topic as `/lookup` shows it.
    package struct TopicView: Sendable {
        /// All its channels, by name.
        package var channels: [ChannelName]
        /// Those that are active and not hidden, by address; of one nsqd the connection that came last.
        package var producers: [RegisteredProducer]
        /// Which registrations it shows, see ``RegistrationDB/version(of:)``.
        package var version: UInt64
        /// Until when it holds while they stay as they are, on the monotonic clock.
        package var validUntil: Int64
    }

    /// A producer as `/nodes` shows it.
    package struct NodeView: Sendable {
        /// Who it is.
        package var producer: RegisteredProducer
        /// Its topics, by name, and whether each is hidden.
        package var topics: [(name: TopicName, isTombstoned: Bool)]
    }

    /// A registration as `/debug` shows it.
    package struct RegistrationView: Sendable {
        /// Which one.
        package var registration: Registration
        /// Whoever is in it, unfiltered.
        package var entries: ContiguousArray<ProducerSet.Entry>
    }

    /// How much is registered.
    package struct Counts: Sendable {
        /// Connections that introduced themselves; those that are only remembered are not among them.
        package var producers = 0
        /// Those that are only remembered from before a restart.
        package var remembered = 0
        /// Topics by name.
        package var topics = 0
        /// Channels by topic and name.
        package var channels = 0
        /// Topics and channels that producers registered, each for itself.
        package var registrations = 0
    }

    /// The names of all topics, in order.
    package func topicNames() -> [TopicName] {
        state.withLock { $0.topics.compactMap { $1.isListed ? $0 : nil } }.sorted()
    }

    /// The names of a topic's channels, in order; none for an unknown topic.
    package func channelNames(of topic: TopicName) -> [ChannelName] {
        state.withLock { $0.topics[topic]?.channels.keys.map { $0 } ?? [] }.sorted()
    }

    /// What consumers are told of a topic; `nil` for one that is not known.
    package func lookup(_ topic: TopicName) -> TopicView? {
        let entry = state.withLock { $0.topics[topic] }
        guard let entry, entry.isListed else { return nil }
        let now = now
        var producers: [RegisteredProducer] = []
        var validUntil = Int64.max
        producers.reserveCapacity(entry.producers.entries.count)
        for known in entry.producers.entries where isActive(known.producer, at: now) {
            validUntil = min(
                validUntil,
                known.producer.lastUpdate &+ limits.inactiveProducerTimeout
            )
            if let since = known.tombstonedAt, isTombstoned(known, at: now) {
                validUntil = min(validUntil, since &+ limits.tombstoneLifetime)
                continue
            }
            if let last = producers.last, last.isSameNode(as: known.producer) {
                producers.removeLast()
            }
            producers.append(known.producer)
        }
        return TopicView(
            channels: entry.channels.keys.sorted(),
            producers: producers,
            version: entry.version,
            validUntil: validUntil
        )
    }

    /// A number that is another whenever a lookup of `topic` may show something else, other than by the passing of
    /// time; `nil` for a topic that is not known.
    package func version(of topic: TopicName) -> UInt64? {
        state.withLock { state in
            guard let entry = state.topics[topic], entry.isListed else { return nil }
            return entry.version
        }
    }

    /// Every active producer with its topics, by address.
    ///
    /// Walks everything: not on an event loop.
    package func nodes() -> [NodeView] {
        let now = now
        let (members, topics) = state.withLock { (Array($0.members.values), $0.topics) }
        return
            members
            .filter { isActive($0.producer, at: now) }
            .sorted { $0.producer.precedes($1.producer) }
            .map { member in
                NodeView(
                    producer: member.producer,
                    topics: member.topics.sorted().map { topic in
                        let entry = topics[topic]?.producers.entry(of: member.producer)
                        return (topic, entry.map { isTombstoned($0, at: now) } ?? false)
                    }
                )
            }
    }

    /// Every registration that has a producer, by name.
    ///
    /// Walks everything: not on an event loop.
    package func registrations() -> [RegistrationView] {
        let (members, topics) = state.withLock { (Array($0.members.values), $0.topics) }
        var clients = ProducerSet()
        for member in members { _ = clients.insert(member.producer) }
        var views = [RegistrationView(registration: .client, entries: clients.entries)]
        for (topic, entry) in topics.sorted(by: { $0.key < $1.key }) {
            for (channel, producers) in entry.channels.sorted(by: { $0.key < $1.key }) {
                views.append(
                    RegistrationView(
                        registration: .channel(topic, channel),
                        entries: producers.entries
                    )
                )
            }
            views.append(
                RegistrationView(registration: .topic(topic), entries: entry.producers.entries)
            )
        }
        return views.filter { !$0.entries.isEmpty }
    }

    /// How much is registered.
    ///
    /// Walks every producer.
    package func counts() -> Counts {
        state.withLock { state in
            var counts = Counts()
            counts.topics = state.topics.values.count(where: \.isListed)
            counts.channels = state.nameCount - counts.topics
            for member in state.members.values {
                counts.registrations += member.registrationCount
                if member.producer.isRemembered { counts.remembered += 1 }
            }
            counts.producers = state.members.count - counts.remembered
            return counts
        }
    }

    private func isActive(_ producer: RegisteredProducer, at now: Int64) -> Bool {
        now &- producer.lastUpdate <= limits.inactiveProducerTimeout
    }

    /// Whether the tombstone of `entry` holds at `now`.
    package func isTombstoned(_ entry: ProducerSet.Entry, at now: Int64) -> Bool {
        guard let since = entry.tombstonedAt else { return false }
        return now &- since < limits.tombstoneLifetime
    }
}
