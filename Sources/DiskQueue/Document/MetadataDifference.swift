package import NSQCore

/// What has to change for a store to be as a document says.
package struct MetadataDifference: Sendable, Equatable {
    /// What becomes of topics and channels that the document lacks.
    package enum Mode: String, Sendable, CaseIterable {
        /// They stay.
        case merge
        /// They are deleted.
        case replace
    }

    /// One thing to change; changes of one topic stand together.
    package enum Change: Sendable, Equatable {
        /// Make the topic.
        case createTopic(TopicName, isPaused: Bool, createdMilliseconds: Int64?)
        /// Pause the topic, or let it flow.
        case pauseTopic(TopicName, isPaused: Bool)
        /// Delete the topic with all it holds.
        case deleteTopic(TopicName, waiting: UInt64)
        /// Make the channel.
        case createChannel(TopicName, ChannelName, isPaused: Bool)
        /// Pause the channel, or let it deliver.
        case pauseChannel(TopicName, ChannelName, isPaused: Bool)
        /// Delete the channel with all that waits in it.
        case deleteChannel(TopicName, ChannelName, waiting: UInt64)
    }

    /// What becomes of what the document lacks.
    package let mode: Mode
    /// The changes, by topic.
    package private(set) var changes: [Change] = []

    /// Compares what there is with what a document wants.
    package init(from current: MetadataDocument, to wanted: MetadataDocument, mode: Mode) {
        self.mode = mode
        let there = Dictionary(current.topics.map { ($0.name, $0) }) { first, _ in first }
        for topic in wanted.topics { compare(there[topic.name], with: topic) }
        guard mode == .replace else { return }
        let names = Set(wanted.topics.map(\.name))
        for topic in current.topics where !names.contains(topic.name) {
            changes.append(.deleteTopic(topic.name, waiting: topic.waiting))
        }
    }

    private mutating func compare(
        _ current: MetadataDocument.Topic?,
        with wanted: MetadataDocument.Topic
    ) {
        let name = wanted.name
        if let current {
            if current.isPaused != wanted.isPaused {
                changes.append(.pauseTopic(name, isPaused: wanted.isPaused))
            }
        } else {
            changes.append(
                .createTopic(
                    name,
                    isPaused: wanted.isPaused,
                    createdMilliseconds: wanted.createdMilliseconds
                )
            )
        }
        let there = current?.channels ?? []
        let byName = Dictionary(there.map { ($0.name, $0) }) { first, _ in first }
        for channel in wanted.channels {
            if let current = byName[channel.name] {
                guard current.isPaused != channel.isPaused else { continue }
                changes.append(.pauseChannel(name, channel.name, isPaused: channel.isPaused))
            } else {
                changes.append(.createChannel(name, channel.name, isPaused: channel.isPaused))
            }
        }
        guard mode == .replace else { return }
        let names = Set(wanted.channels.map(\.name))
        for channel in there where !names.contains(channel.name) {
            changes.append(.deleteChannel(name, channel.name, waiting: channel.waiting))
        }
    }

    /// Whether there is nothing to change.
    package var isEmpty: Bool { changes.isEmpty }

    /// Messages waiting in what would be deleted, counted once for each channel.
    package var lostMessages: UInt64 {
        changes.reduce(0) { sum, change in
            switch change {
            case .deleteTopic(_, let waiting), .deleteChannel(_, _, let waiting):
                sum.addingReportingOverflow(waiting).partialValue
            case .createTopic, .pauseTopic, .createChannel, .pauseChannel: sum
            }
        }
    }
}

extension MetadataDifference.Change {
    /// The topic that it is about.
    package var topic: TopicName {
        switch self {
        case .createTopic(let topic, _, _), .pauseTopic(let topic, _),
            .deleteTopic(let topic, _), .createChannel(let topic, _, _),
            .pauseChannel(let topic, _, _), .deleteChannel(let topic, _, _):
            topic
        }
    }
}

extension MetadataDocument.Topic {
    /// Messages that a deletion would lose, counted once for each channel.
    fileprivate var waiting: UInt64 {
        channels.reduce(depth ?? 0) { $0.addingReportingOverflow($1.waiting).partialValue }
    }
}

extension MetadataDocument.Channel {
    /// Messages that a deletion would lose.
    fileprivate var waiting: UInt64 {
        (depth ?? 0).addingReportingOverflow(deferredCount ?? 0).partialValue
    }
}
