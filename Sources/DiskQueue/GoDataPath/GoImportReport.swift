/// How the files of the original are read.
package struct GoImportOptions: Sendable {
    /// A longer message is taken for damage.
    ///
    /// More than `--max-msg-size` by default: it may have been larger when the message was published.
    package var maximumMessageBytes = 64 << 20

    /// Whether files that were set aside as damaged are read too.
    ///
    /// What stands before the damage in such a file was delivered before it was set aside, so it comes again.
    package var salvagesBad = false

    /// Longest message that may be allowed; a batch holds it.
    package static let largestMessageBytes = 1 << 30

    /// The defaults.
    package init() {}

    /// Allows messages of `byteCount` bytes too.
    package mutating func allow(_ byteCount: Int) {
        maximumMessageBytes = min(max(maximumMessageBytes, byteCount), Self.largestMessageBytes)
    }
}

/// What an import of the original's files did.
package struct GoImportReport: Sendable {
    /// What was found of one queue.
    package struct Queue: Sendable, Equatable {
        /// Whose messages it holds.
        package let name: GoQueueName
        /// Messages imported.
        package var messageCount: UInt64 = 0
        /// Bytes that are no message.
        package var passedOverBytes: UInt64 = 0

        init(_ name: GoQueueName) { self.name = name }
    }

    /// The queues, a topic's own behind those of its channels.
    package internal(set) var queues: [Queue] = []
    /// The names of the data files that are damaged.
    package internal(set) var damagedFiles: [String] = []
    /// One line for each thing that was not as expected.
    package internal(set) var notes: [String] = []

    /// Topics made.
    package var topicCount: Int { queues.count { $0.name.channel == nil } }
    /// Channels made.
    package var channelCount: Int { queues.count { $0.name.channel != nil } }
    /// Messages imported; one that waits in several channels counts for each.
    package var messageCount: UInt64 { queues.reduce(0) { $0 + $1.messageCount } }
    /// Bytes that are no message.
    package var passedOverBytes: UInt64 { queues.reduce(0) { $0 + $1.passedOverBytes } }
}
