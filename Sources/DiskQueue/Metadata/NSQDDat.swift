package import NSQCore

/// The original daemon's `nsqd.dat`: which topics and channels there are and which are paused.
///
/// Ephemeral topics and channels may be read from a file, they are never printed. Source: `nsqd` spec 9.2.
package struct NSQDDat: Sendable, Equatable {
    /// Name of the file inside the data path.
    package static let fileName = "nsqd.dat"

    /// The topics, each name once.
    package var topics: [Topic]

    /// A topic of the document.
    package struct Topic: Sendable, Equatable {
        /// The topic's name.
        package var name: TopicName
        /// Whether it is paused.
        package var isPaused: Bool
        /// Its channels, each name once.
        package var channels: [Channel]

        /// Composes a topic.
        package init(name: TopicName, isPaused: Bool, channels: [Channel]) {
            self.name = name
            self.isPaused = isPaused
            self.channels = channels
        }
    }

    /// A channel of the document.
    package struct Channel: Sendable, Equatable {
        /// The channel's name.
        package var name: ChannelName
        /// Whether it is paused.
        package var isPaused: Bool

        /// Composes a channel.
        package init(name: ChannelName, isPaused: Bool) {
            self.name = name
            self.isPaused = isPaused
        }
    }

    /// Composes a document.
    package init(topics: [Topic] = []) {
        self.topics = topics
    }

    /// The document that describes `metadata`; rows with a name that is none are left out.
    package init(_ metadata: StoredMetadata) {
        let channels = Dictionary(grouping: metadata.channels, by: \.topicID)
        topics = metadata.topics.compactMap { topic in
            guard let name = TopicName(topic.name) else { return nil }
            return Topic(
                name: name,
                isPaused: topic.isPaused,
                channels: channels[topic.id, default: []].compactMap { channel in
                    ChannelName(channel.name).map { Channel(name: $0, isPaused: channel.isPaused) }
                }
            )
        }
    }

    /// The document as the original prints it: one line without a newline, keys in its order.
    package var text: String {
        let topics = topics.lazy.filter { !$0.name.isEphemeral }.map { topic in
            let channels = topic.channels.lazy.filter { !$0.name.isEphemeral }.map { channel in
                #"{"name":"\#(channel.name)","paused":\#(channel.isPaused)}"#
            }
            return """
                {"name":"\(topic.name)","paused":\(topic.isPaused),\
                "channels":\(Self.array(of: channels))}
                """
        }
        return #"{"topics":\#(Self.array(of: topics)),"version":"\#(ServerVersion.text)"}"#
    }

    /// A JSON array; `null` for none, as Go prints an array that was never made.
    private static func array(of elements: some Sequence<String>) -> String {
        let list = elements.joined(separator: ",")
        return list.isEmpty ? "null" : "[\(list)]"
    }
}
