package import NSQCore
import Synchronization

extension Broker {
    /// What other nodes are told of: all topics with their channels, ephemeral ones too, by name.
    package var registrations: [(topic: TopicName, channels: [ChannelName])] {
        all.map { topic in
            (topic.name, topic.state.withLock { $0.channels.map(\.name) }.sorted())
        }
    }

    /// Whether there is the topic, and the channel if one is named.
    package func has(_ topic: TopicName, _ channel: ChannelName?) -> Bool {
        guard let topic = existingTopic(topic) else { return false }
        guard let channel else { return true }
        return topic.existingChannel(channel) != nil
    }

    /// Has `directory` asked which channels a new topic has elsewhere, from now on.
    package func ask(_ directory: any ChannelDirectory) { shared.channelDirectory = directory }
}
