package import NSQCore

/// A command of nsqlookupd's protocol V1, complete and valid by itself.
///
/// Source: `nsqlookupd` spec 3.
package enum LookupdCommand: Equatable, Sendable {
    /// `PING`.
    case ping
    /// `IDENTIFY` with its body.
    case identify(ProducerIdentity)
    /// `REGISTER`, of a topic or of a channel.
    case register(TopicName, ChannelName?)
    /// `UNREGISTER`, of a channel, or of a topic with all its channels.
    case unregister(TopicName, ChannelName?)
}
