/// Writes the messages of a store as lines of JSON.
package struct MessageExport {
    /// A place in an export: the topic and the number of the last message that was written.
    package struct Place: Sendable, Equatable {
        /// The topic.
        package var topic: String
        /// The message.
        package var sequence: UInt64

        /// Composes a place.
        package init(topic: String, sequence: UInt64) {
            self.topic = topic
            self.sequence = sequence
        }
    }

    private let inspection: StoreInspection
    private let includesFinished: Bool

    /// Prepares the export of what `inspection` found.
    ///
    /// `includesFinished`: whether messages that nobody wants any more are written too.
    package init(_ inspection: StoreInspection, includesFinished: Bool) {
        self.inspection = inspection
        self.includesFinished = includesFinished
    }

    /// Messages that an export of `topic`, or of all topics, looks at; for telling how far it is.
    package func messageCount(topic: String?) -> UInt64 {
        topics(topic).reduce(0) { $0 + $1.messageCount }
    }

    /// Hands over a line for each message, topics by name and messages in their order.
    ///
    /// - Parameters:
    ///   - topic: only this one.
    ///   - place: goes on behind it.
    ///   - damaged: told of each range of bytes that is left out: path, range, reason.
    ///   - write: gets a line, without its end.
    /// - Throws: `.io`, and what `write` throws.
    package func run(
        topic: String?,
        behind place: Place?,
        damaged: (_ path: String, _ range: Range<Int>, _ reason: String) -> Void,
        _ write: ([UInt8]) throws -> Void
    ) throws {
        for topic in topics(topic) {
            if let place, topic.name < place.topic { continue }
            let start = place.map { $0.topic == topic.name ? $0.sequence + 1 : 0 } ?? 0
            try topic.forEachMessage(from: start, damaged: damaged) { message in
                let states = topic.channels.map {
                    ($0.name, $0.state(of: message.sequence, deferredAs: message.deferral))
                }
                guard includesFinished || isWanted(message, in: topic, states) else { return true }
                try write(MessageRecord(message, of: topic.name, states: states).line())
                return true
            }
        }
    }

    private func topics(_ name: String?) -> [TopicInspection] {
        guard let name else { return inspection.topics }
        return inspection.topic(named: name).map { [$0] } ?? []
    }

    private func isWanted(
        _ message: StoredMessage,
        in topic: TopicInspection,
        _ states: [(String, MessageState)]
    ) -> Bool {
        message.sequence >= topic.pump
            || states.contains { $0.1 != .finished && $0.1 != .notReceived }
    }
}
