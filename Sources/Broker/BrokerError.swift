/// What the broker refuses; ``description`` is the reason in the protocol's error texts.
package enum BrokerError: Error, Equatable, CustomStringConvertible {
    /// The topic or channel is being deleted, or the daemon stops.
    case exiting
    /// `--max-channel-consumers` is reached.
    case consumerLimit(topic: String, channel: String, limit: Int)
    /// No message of that id is in flight on the channel.
    case notInFlight
    /// The message is in flight to another consumer.
    case notOwner
    /// There is no topic of that name.
    case topicNotFound
    /// There is no channel of that name.
    case channelNotFound
    /// The store could not do it; the text is the disk's.
    case storage(String)

    package var description: String {
        switch self {
        case .exiting: "exiting"
        case .consumerLimit(let topic, let channel, let limit):
            "consumers for \(topic):\(channel) exceeds limit of \(limit)"
        case .notInFlight: "ID not in flight"
        case .notOwner: "client does not own message"
        case .topicNotFound: "topic not found"
        case .channelNotFound: "channel not found"
        case .storage(let text): text
        }
    }
}
