import NSQCore

/// A topic, or a channel of one, that was made or deleted: nsqlookupd is to be told.
///
/// Which of the two it is gets decided when it is told, by what there is then (`nsqd` spec 6.3).
struct LookupdNotice: Hashable, Sendable {
    /// The topic.
    var topic: TopicName
    /// The channel; `nil` for the topic itself.
    var channel: ChannelName?

    /// The command that tells of it.
    func command(isThere: Bool) -> String {
        let verb = isThere ? "REGISTER" : "UNREGISTER"
        guard let channel else { return "\(verb) \(topic)\n" }
        return "\(verb) \(topic) \(channel)\n"
    }
}
