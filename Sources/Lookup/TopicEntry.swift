import NSQCore

/// What is registered under the name of one topic.
struct TopicEntry: Sendable {
    /// Whether the topic itself is registered; its channels may be without it.
    var isListed = false
    /// Differs whenever the answer to a lookup may, other than by the passing of time.
    var version: UInt64 = 0
    /// Its producers; every producer of a channel is among them.
    var producers = ProducerSet()
    /// The producers of each channel.
    var channels: [ChannelName: ProducerSet] = [:]

    /// Whether nothing is left of it.
    var isEmpty: Bool { !isListed && channels.isEmpty }

    /// Names that it takes of the limit.
    var nameCount: Int { (isListed ? 1 : 0) + channels.count }
}
