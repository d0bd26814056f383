package import NSQCore

/// The topics and channels of a store, as a document that people keep, compare and hand from one nsqd to another.
///
/// Ephemeral topics and channels are never part of it.
package struct MetadataDocument: Sendable, Equatable {
    /// A topic of the document.
    package struct Topic: Sendable, Equatable {
        /// The topic's name.
        package var name: TopicName
        /// Whether it is paused.
        package var isPaused: Bool
        /// When it was made, milliseconds since the Unix epoch; `nil` when the document does not tell.
        package var createdMilliseconds: Int64?
        /// Messages that wait in the topic; written for people, not read.
        package var depth: UInt64?
        /// Its channels, each name once.
        package var channels: [Channel]

        /// Composes a topic.
        package init(
            name: TopicName,
            isPaused: Bool,
            createdMilliseconds: Int64? = nil,
            depth: UInt64? = nil,
            channels: [Channel]
        ) {
            self.name = name
            self.isPaused = isPaused
            self.createdMilliseconds = createdMilliseconds
            self.depth = depth
            self.channels = channels
        }
    }

    /// A channel of the document.
    package struct Channel: Sendable, Equatable {
        /// The channel's name.
        package var name: ChannelName
        /// Whether it is paused.
        package var isPaused: Bool
        /// Messages that wait to be delivered or to be finished; written for people, not read.
        package var depth: UInt64?
        /// Messages that wait for their time; written for people, not read.
        package var deferredCount: UInt64?

        /// Composes a channel.
        package init(
            name: ChannelName,
            isPaused: Bool,
            depth: UInt64? = nil,
            deferredCount: UInt64? = nil
        ) {
            self.name = name
            self.isPaused = isPaused
            self.depth = depth
            self.deferredCount = deferredCount
        }
    }

    /// The topics, each name once.
    package var topics: [Topic]

    /// Composes a document.
    package init(topics: [Topic] = []) { self.topics = topics }
}

extension MetadataDocument {
    /// The document of a store as it lies on disk.
    package init(_ store: StoreInspection) {
        topics = store.topics.compactMap { topic in
            guard let name = TopicName(topic.name) else { return nil }
            return Topic(
                name: name,
                isPaused: topic.isPaused,
                createdMilliseconds: topic.createdMilliseconds,
                depth: topic.depth,
                channels: topic.channels.compactMap { channel in
                    ChannelName(channel.name).map {
                        Channel(
                            name: $0,
                            isPaused: channel.isPaused,
                            depth: channel.depth,
                            deferredCount: channel.deferredCount
                        )
                    }
                }
            )
        }
    }

    /// What an `nsqd.dat` says.
    package init(_ file: NSQDDat) {
        topics = file.topics.filter { !$0.name.isEphemeral }.map { topic in
            Topic(
                name: topic.name,
                isPaused: topic.isPaused,
                channels: topic.channels.filter { !$0.name.isEphemeral }.map {
                    Channel(name: $0.name, isPaused: $0.isPaused)
                }
            )
        }
    }

    /// What an `nsqd.dat` would say.
    package var nsqdDat: NSQDDat {
        NSQDDat(
            topics: topics.map { topic in
                NSQDDat.Topic(
                    name: topic.name,
                    isPaused: topic.isPaused,
                    channels: topic.channels.map {
                        NSQDDat.Channel(name: $0.name, isPaused: $0.isPaused)
                    }
                )
            }
        )
    }
}
