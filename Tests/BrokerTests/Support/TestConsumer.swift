import Broker
import Synchronization
import Testing

/// A subscribed connection that a test plays.
final class TestConsumer {
    /// What the channel told the connection.
    final class Notices: ConsumerDelegate {
        private let pumps = Atomic<Int>(0)
        private let ends = Atomic<Int>(0)

        var pumpCount: Int { pumps.load(ordering: .relaxed) }
        var isClosed: Bool { ends.load(ordering: .relaxed) > 0 }

        func consumerShouldPump() { pumps.add(1, ordering: .relaxed) }

        func consumerChannelClosed() { ends.add(1, ordering: .relaxed) }
    }

    let channel: Channel
    let consumer: Consumer
    let notices = Notices()

    /// Subscribes to `channel`.
    init(
        _ channel: Channel,
        ready: Int = 0,
        timeout: Duration = .seconds(60),
        proximity: Proximity = .global
    ) throws {
        self.channel = channel
        consumer = Consumer(
            delegate: notices,
            messageTimeout: timeout.nanoseconds,
            proximity: proximity
        )
        try channel.add(consumer)
        setReady(ready)
    }

    func setReady(_ count: Int) { channel.setReadyCount(count, of: consumer) }

    func leave() { channel.remove(consumer) }

    /// Takes everything that may be taken now, through buffers of `byteCount` bytes.
    func take(byteCount: Int = 64 * 1024) throws -> [ReceivedMessage] {
        var messages: [ReceivedMessage] = []
        var capacity = byteCount
        var idle = 0
        while true {
            let (delivery, received) = try takeOnce(byteCount: capacity)
            messages += received
            switch delivery.state {
            case .notReady, .caughtUp:
                return messages
            case .needsBytes(let count):
                try #require(delivery.byteCount == 0 && count > capacity)
                capacity = count
            case .full:
                idle = delivery.messageCount == 0 ? idle + 1 : 0
                try #require(idle < 100, "a delivery says that it is full and never gives anything")
            }
        }
    }

    /// One delivery.
    func takeOnce(byteCount: Int) throws -> (delivery: Delivery, messages: [ReceivedMessage]) {
        var bytes = [UInt8](repeating: 0xee, count: byteCount)
        let delivery = bytes.withUnsafeMutableBytes { channel.take(for: consumer, into: $0) }
        let messages = try #require(ReceivedMessage.all(in: bytes.prefix(delivery.byteCount)))
        try #require(messages.count == delivery.messageCount)
        return (delivery, messages)
    }

    /// Finishes messages by id; the reasons of those that could not be, by index.
    @discardableResult
    func finish(_ ids: [UInt64]) -> [Int: BrokerError] {
        var failures: [Int: BrokerError] = [:]
        ids.withUnsafeBufferPointer { list in
            channel.finish(list, by: consumer) { failures[$0] = $1 }
        }
        return failures
    }

    @discardableResult
    func finish(_ messages: [ReceivedMessage]) -> [Int: BrokerError] { finish(messages.map(\.id)) }

    func requeue(_ message: ReceivedMessage, after delay: Duration = .zero) throws {
        try channel.requeue(message.id, delay: delay.nanoseconds, by: consumer)
    }

    func touch(_ message: ReceivedMessage) throws { try channel.touch(message.id, by: consumer) }
}

extension Duration {
    /// The whole duration in nanoseconds.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
