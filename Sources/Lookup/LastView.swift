package import NSQCore
import Synchronization

/// Everything that an nsqlookupd knew at one moment, as it is kept for its next start.
///
/// Never authoritative: who is in it is shown until it comes back or counts as inactive.
package struct LastView: Sendable, Equatable {
    /// A producer that was connected.
    package struct Producer: Sendable, Equatable {
        /// What it said of itself.
        package var identity: ProducerIdentity
        /// Where it connected from.
        package var remoteAddress: String
        /// Nanoseconds since it was heard.
        package var age: Int64

        /// Composes a producer.
        package init(identity: ProducerIdentity, remoteAddress: String, age: Int64) {
            self.identity = identity
            self.remoteAddress = remoteAddress
            self.age = age
        }
    }

    /// A topic, or a channel of one, with its producers by their place in ``LastView/producers``.
    package struct Entry: Sendable, Equatable {
        /// The topic.
        package var topic: TopicName
        /// The channel; `nil` for the topic itself.
        package var channel: ChannelName?
        /// Who has it.
        package var producers: [Int]

        /// Composes an entry.
        package init(topic: TopicName, channel: ChannelName?, producers: [Int]) {
            self.topic = topic
            self.channel = channel
            self.producers = producers
        }
    }

    /// The producers.
    package var producers: [Producer] = []
    /// The topics and channels.
    package var entries: [Entry] = []

    /// Nothing was known.
    package init() {}
}

extension RegistrationDB {
    /// Counts changes of what a view shows, other than who was heard when.
    package var version: UInt64 { state.withLock { $0.version } }

    /// What is known now.
    ///
    /// Walks everything: not on an event loop.
    package func view() -> LastView {
        let (members, topics) = state.withLock { ($0.members, $0.topics) }
        let now = now
        var view = LastView()
        var places: [UInt64: Int] = [:]
        for (ordinal, member) in members.sorted(by: { $0.key < $1.key }) {
            places[ordinal] = view.producers.count
            view.producers.append(
                LastView.Producer(
                    identity: member.producer.identity,
                    remoteAddress: member.producer.remoteAddress,
                    age: now &- member.producer.lastUpdate
                )
            )
        }
        for (topic, entry) in topics.sorted(by: { $0.key < $1.key }) {
            if entry.isListed {
                view.entries.append(Self.entry(topic, nil, entry.producers, places))
            }
            for (channel, producers) in entry.channels.sorted(by: { $0.key < $1.key }) {
                view.entries.append(Self.entry(topic, channel, producers, places))
            }
        }
        return view
    }

    private static func entry(
        _ topic: TopicName,
        _ channel: ChannelName?,
        _ producers: ProducerSet,
        _ places: [UInt64: Int]
    ) -> LastView.Entry {
        LastView.Entry(
            topic: topic,
            channel: channel,
            producers: producers.entries.compactMap { places[$0.producer.ordinal] }
        )
    }

    /// Shows what `view` shows; `shown` encodes a producer.
    ///
    /// Called before anybody registers. Left out is what goes beyond the limits, whoever counts as inactive, and
    /// ephemeral names that nobody has.
    package func recall(_ view: LastView, shown: (LastView.Producer) -> [UInt8]) {
        let producers = view.producers.map { producer -> RegisteredProducer? in
            guard producer.age <= limits.inactiveProducerTimeout else { return nil }
            return remember(
                producer.identity,
                remoteAddress: producer.remoteAddress,
                shown: shown(producer),
                age: producer.age
            )
        }
        for entry in view.entries {
            let holders = entry.producers.filter(producers.indices.contains)
                .compactMap { producers[$0] }
            let isEphemeral = entry.topic.isEphemeral || entry.channel?.isEphemeral == true
            if isEphemeral, holders.isEmpty { continue }
            do throws(LookupError) {
                try create(entry.topic, entry.channel)
                for producer in holders { _ = try register(producer, entry.topic, entry.channel) }
            } catch {
                continue
            }
        }
    }
}
