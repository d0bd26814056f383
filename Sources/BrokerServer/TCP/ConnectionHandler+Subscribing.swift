import Broker
import NIOCore
import NSQCore
import NSQWire

/// The channel that a connection consumes, and as whom.
struct Subscription {
    let topicName: TopicName
    let channel: TopicChannel
    let consumer: Consumer
}

extension ConnectionHandler {
    /// Pause before the second attempt to join an ephemeral channel that went away meanwhile.
    private static let retryPause = TimeAmount.milliseconds(100)

    /// SUB, with names that the reader found valid.
    ///
    /// Gives `false` when it was not carried out, and is to be read again or ended the connection.
    func subscribe(_ topic: UnsafeRawBufferPointer, _ channel: UnsafeRawBufferPointer) -> Bool {
        guard let topicName = TopicName(raw: topic) else {
            fail(.badTopic(.subscribe, topic))
            return false
        }
        guard let channelName = ChannelName(raw: channel) else {
            fail(.badChannel(channel))
            return false
        }
        guard maySubscribe(topicName, channelName) else { return false }
        join(topicName, channelName, isRetry: false)
        return true
    }

    private func join(_ topicName: TopicName, _ channelName: ChannelName, isRetry: Bool) {
        let consumer = Consumer(
            delegate: record,
            messageTimeout: settings.messageTimeout.wholeNanoseconds,
            sampleRate: settings.sampleRate,
            proximity: proximity ?? .global
        )
        do throws(BrokerError) {
            let channel = try environment.broker.topic(topicName).channel(channelName)
            try channel.add(consumer)
            subscription = Subscription(
                topicName: topicName,
                channel: channel,
                consumer: consumer
            )
            reader.machine.subscribed()
            record.subscribed(as: consumer)
            answer("OK")
        } catch {
            let isEphemeral = topicName.isEphemeral || channelName.isEphemeral
            guard case .exiting = error, isEphemeral, !environment.broker.isExiting else {
                return fail(.subscribeFailed("\(error)"))
            }
            guard !isRetry else { return fail(.subscribeToDeleted) }
            joinLater(topicName, channelName)
        }
    }

    private func joinLater(_ topicName: TopicName, _ channelName: ChannelName) {
        guard let context else { return }
        holds.insert(.subscribe)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.retryPause) { [self] in
            guard phase == .open else { return }
            join(topicName, channelName, isRetry: true)
            release(.subscribe)
            settle()
        }
    }

    /// Gives up the consumer's place; what it has in flight stays so until its timeout.
    func leaveChannel() {
        guard let subscription else { return }
        self.subscription = nil
        subscription.channel.remove(subscription.consumer)
    }
}
