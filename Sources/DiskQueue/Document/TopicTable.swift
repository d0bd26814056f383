internal import NSQCore

/// The topics of a store that is being edited.
///
/// Isolation: one thread's own.
final class TopicTable {
    private var topics: [TopicName: RecoveredTopic]

    /// The topics that recovery found; what has no valid name is left alone.
    init(_ topics: [RecoveredTopic]) {
        self.topics = Dictionary(
            topics.compactMap { topic in TopicName(topic.name).map { ($0, topic) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The topic of that name.
    subscript(name: TopicName) -> RecoveredTopic? { topics[name] }

    /// Adds a topic that was made.
    func add(_ name: TopicName, _ log: TopicLog, _ createdMilliseconds: Int64?) {
        topics[name] = RecoveredTopic(
            name: name.text,
            log: log,
            tellsChannels: true,
            createdMilliseconds: createdMilliseconds
                ?? SystemTime().wallNanoseconds / 1_000_000
        )
    }

    /// Forgets a topic that was deleted.
    func remove(_ name: TopicName) { topics[name] = nil }

    /// All topics, by name.
    var all: [RecoveredTopic] { topics.values.sorted { $0.name < $1.name } }
}

extension NSQDDat {
    /// What the daemon would write of these topics.
    init(_ topics: [RecoveredTopic]) {
        self.init(
            topics: topics.compactMap { topic in
                guard let name = TopicName(topic.name) else { return nil }
                let roster = topic.log.roster
                return Topic(
                    name: name,
                    isPaused: roster.isPaused,
                    channels: roster.members.compactMap { member in
                        ChannelName(member.name).map {
                            Channel(name: $0, isPaused: member.isPaused)
                        }
                    }
                )
            }
        )
    }
}
