package import NSQCore

/// Knows which channels a topic has on other nodes.
///
/// A channel that was made elsewhere should get a topic's messages here from the first one on, before any consumer
/// comes. Safe to use from any thread. Source: `nsqd` spec 6.5.
package protocol ChannelDirectory: Sendable {
    /// Whether there is anybody to ask about a topic that is being made; quick.
    func canAsk(about topic: TopicName) -> Bool

    /// Asks about a new topic, and calls `proceed` once, from any thread and after a limited time, with the channels
    /// to make; with none when nobody answers.
    func ask(
        about topic: TopicName,
        _ proceed: @escaping @Sendable (_ channels: [ChannelName]) -> Void
    )
}
