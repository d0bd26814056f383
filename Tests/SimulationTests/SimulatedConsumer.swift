import Broker

/// A message as a consumer received it.
struct Received {
    /// The message's number; `nil` when the body is no message's.
    let key: UInt64?
    /// The id in the frame.
    let id: UInt64
    /// The attempts in the frame.
    let attempts: UInt16
}

/// A consumer that takes when it is told to, and reads what it gets as a client would.
final class SimulatedConsumer {
    private final class Silence: ConsumerDelegate {
        func consumerShouldPump() {}
        func consumerChannelClosed() {}
    }

    /// The channel that it takes from.
    let channel: Channel
    /// What it received and did not answer yet.
    private(set) var held: [Received] = []

    private let timeout: Int64
    private var deadlines: [UInt64: Int64] = [:]
    private let delegate = Silence()
    private let consumer: Consumer
    private var buffer = [UInt8](repeating: 0, count: 16 * 1_024)

    /// Subscribes to `channel`; messages time out after `timeout` nanoseconds.
    init(_ channel: Channel, timeout: Int64 = .max / 4) throws {
        self.channel = channel
        self.timeout = timeout
        consumer = Consumer(delegate: delegate, messageTimeout: timeout)
        try channel.add(consumer)
    }

    deinit { channel.remove(consumer) }

    /// Takes up to `limit` messages at `now`, monotonic nanoseconds.
    func take(_ limit: Int, at now: Int64 = 0) throws -> [Received] {
        let received = try take(limit)
        held += received
        for message in received { deadlines[message.id] = now + timeout }
        return received
    }

    /// Forgets what has timed out at `now`.
    func expire(at now: Int64) {
        forget(held.filter { deadlines[$0.id].map { $0 <= now } ?? false })
    }

    private func take(_ limit: Int) throws -> [Received] {
        var received: [Received] = []
        var idle = 0
        while received.count < limit {
            let inFlight = consumer.counts.inFlightCount
            channel.setReadyCount(inFlight + limit - received.count, of: consumer)
            let delivery = buffer.withUnsafeMutableBytes { raw in
                channel.take(for: consumer, into: raw)
            }
            received += try frames(delivery.byteCount)
            switch delivery.state {
            case .notReady, .caughtUp:
                return received
            case .needsBytes(let count):
                buffer = [UInt8](repeating: 0, count: count)
            case .full:
                idle = delivery.byteCount == 0 ? idle + 1 : 0
                if idle > 1_000 { throw Violation("a delivery makes no progress") }
            }
        }
        return received
    }

    /// Finishes messages that it holds.
    func finish(_ messages: [Received]) throws {
        forget(messages)
        var reasons: [BrokerError] = []
        messages.map(\.id).withUnsafeBufferPointer { ids in
            channel.finish(ids, by: consumer) { reasons.append($1) }
        }
        if let reason = reasons.first { throw reason }
    }

    /// Requeues a message that it holds.
    func requeue(_ message: Received, delay: Int64) throws {
        forget([message])
        try channel.requeue(message.id, delay: delay, by: consumer)
    }

    /// Forgets messages that are not its own any more.
    func forget(_ messages: [Received]) {
        let ids = Set(messages.map(\.id))
        held.removeAll { ids.contains($0.id) }
    }

    /// Forgets everything that it holds: the channel was emptied.
    func forgetAll() { held = [] }

    /// Reads the message frames that the buffer begins with.
    private func frames(_ count: Int) throws -> [Received] {
        try buffer.withUnsafeBytes { raw in
            var received: [Received] = []
            var offset = 0
            while offset < count {
                guard count - offset >= 34 else { throw Violation("a frame is cut") }
                func load<T: FixedWidthInteger & BitwiseCopyable>(_ at: Int, _: T.Type) -> T {
                    T(bigEndian: raw.loadUnaligned(fromByteOffset: offset + at, as: T.self))
                }
                let end = offset + 4 + Int(load(0, UInt32.self))
                guard load(4, UInt32.self) == 2, end >= offset + 34, end <= count else {
                    throw Violation("a frame is no message")
                }
                let text = String(decoding: raw[offset + 18..<offset + 34], as: UTF8.self)
                guard let id = UInt64(text, radix: 16) else {
                    throw Violation("a message id is no number: \(text)")
                }
                received.append(
                    Received(
                        key: MessageBody.key(
                            of: UnsafeRawBufferPointer(rebasing: raw[offset + 34..<end])
                        ),
                        id: id,
                        attempts: load(16, UInt16.self)
                    )
                )
                offset = end
            }
            return received
        }
    }
}

/// A broken promise.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
