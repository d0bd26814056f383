private import FoundationEssentials

/// A stored message as one line of JSON: what `nsq-inspect messages export` writes and `import` reads.
///
/// Format: `docs/formats/messages.md`.
package struct MessageRecord: Codable, Sendable, Equatable {
    /// What became of the message in one channel.
    package struct Delivery: Codable, Sendable, Equatable {
        /// `queued`, `in flight`, `deferred`, `finished`, `held` or `not received`.
        package var state: String
        /// Deliveries so far.
        package var attempts: UInt16?
        /// When it is due, milliseconds since the Unix epoch.
        package var dueMilliseconds: UInt64?

        private enum CodingKeys: String, CodingKey {
            case state, attempts
            case dueMilliseconds = "due_ms"
        }

        fileprivate static let states: Set = [
            "queued", "in flight", "deferred", "finished", "held", "not received",
        ]

        /// Composes what is told of a message in `state`.
        init(_ state: MessageState) {
            self.state = state.word
            switch state {
            case .queued(let attempts): self.attempts = attempts
            case .deferred(let attempts, let due):
                self.attempts = attempts
                dueMilliseconds = due
            case .notReceived, .held, .finished, .inFlight: break
            }
        }
    }

    /// The topic.
    package var topic: String
    /// Its number in the topic it comes from.
    package var sequence: UInt64
    /// The id that consumers saw, 16 hex digits.
    package var id: String
    /// When it was published, nanoseconds since the Unix epoch.
    package var timestamp: Int64
    /// When it is due in channels to come, milliseconds since the Unix epoch; for a message that was published with
    /// a delay.
    package var deferredUntilMilliseconds: UInt64?
    /// The delay that it was published with, milliseconds.
    package var delayMilliseconds: UInt64?
    /// What became of it, by channel.
    package var channels: [String: Delivery]
    /// The body.
    package var body: [UInt8]

    private enum CodingKeys: String, CodingKey {
        case topic, sequence, id, timestamp, channels, body
        case deferredUntilMilliseconds = "deferred_until_ms"
        case delayMilliseconds = "delay_ms"
    }

    /// Describes `message` of `topic`, given what became of it in each channel.
    init(_ message: StoredMessage, of topic: String, states: [(String, MessageState)]) {
        self.topic = topic
        sequence = message.sequence
        id = message.idText
        timestamp = message.timestamp
        channels = Dictionary(states.map { ($0.0, Delivery($0.1)) }) { first, _ in first }
        body = Array(message.body)
        deferredUntilMilliseconds = message.deferral?.untilMilliseconds
        delayMilliseconds = message.deferral?.delayMilliseconds
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        topic = try values.decode(String.self, forKey: .topic)
        sequence = try values.decodeIfPresent(UInt64.self, forKey: .sequence) ?? 0
        id = try values.decodeIfPresent(String.self, forKey: .id) ?? ""
        timestamp = try values.decode(Int64.self, forKey: .timestamp)
        channels = try values.decodeIfPresent([String: Delivery].self, forKey: .channels) ?? [:]
        for (name, delivery) in channels where !Delivery.states.contains(delivery.state) {
            throw DecodingError.dataCorruptedError(
                forKey: .channels,
                in: values,
                debugDescription: "\(name) has no known state but \(delivery.state)"
            )
        }
        deferredUntilMilliseconds = try values.decodeIfPresent(
            UInt64.self,
            forKey: .deferredUntilMilliseconds
        )
        delayMilliseconds = try values.decodeIfPresent(UInt64.self, forKey: .delayMilliseconds)
        let text = try values.decode(String.self, forKey: .body)
        guard let data = Data(base64Encoded: text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .body,
                in: values,
                debugDescription: "it is no base64"
            )
        }
        body = Array(data)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(topic, forKey: .topic)
        try values.encode(sequence, forKey: .sequence)
        try values.encode(id, forKey: .id)
        try values.encode(timestamp, forKey: .timestamp)
        try values.encodeIfPresent(deferredUntilMilliseconds, forKey: .deferredUntilMilliseconds)
        try values.encodeIfPresent(delayMilliseconds, forKey: .delayMilliseconds)
        try values.encode(channels, forKey: .channels)
        try values.encode(Data(body).base64EncodedString(), forKey: .body)
    }

    /// The line, without its end; members in alphabetical order.
    package func line() throws(DiskQueueError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            throw DiskQueueError(.io, "message \(id) of topic \(topic) cannot be written as JSON")
        }
    }

    /// Reads a line.
    ///
    /// - Throws: `.corrupt` with what is wrong.
    package init(line: [UInt8]) throws(DiskQueueError) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(line))
        } catch let error as DecodingError {
            throw DiskQueueError(.corrupt, Self.reason(of: error))
        } catch {
            throw DiskQueueError(.corrupt, "it is no JSON")
        }
    }

    private static func reason(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "there is no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            (context.codingPath.last.map { "\($0.stringValue): " } ?? "")
                + context.debugDescription.replacing("\n", with: " ")
        @unknown default: "it is no message"
        }
    }
}

extension MessageState {
    /// The state in one word or two.
    package var word: String {
        switch self {
        case .notReceived: "not received"
        case .held: "held"
        case .finished: "finished"
        case .queued: "queued"
        case .inFlight: "in flight"
        case .deferred: "deferred"
        }
    }
}
