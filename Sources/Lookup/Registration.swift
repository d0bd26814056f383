package import NSQCore

/// One registration: a connection, a topic, or a channel of a topic.
///
/// Source: `nsqlookupd` spec 5.1.
package enum Registration: Hashable, Sendable, CustomStringConvertible {
    /// Every identified connection.
    case client
    /// The producers of a topic.
    case topic(TopicName)
    /// The producers of a channel.
    case channel(TopicName, ChannelName)

    /// The parts as log lines show them.
    package var description: String {
        switch self {
        case .client: "category:client key: subkey:"
        case .topic(let topic): "category:topic key:\(topic) subkey:"
        case .channel(let topic, let channel): "category:channel key:\(topic) subkey:\(channel)"
        }
    }
}
