private import NSQCore

/// Writes what waits in a store as the files of the original, for the way back.
///
/// A message that waits in several channels is written for each of them, as the original has it. What is deferred
/// is written without its delay: the format has no place for it, and the original does the same at a stop.
package struct GoExport {
    /// What was written of one queue.
    package struct Queue: Sendable, Equatable {
        /// Whose messages it holds.
        package let name: GoQueueName
        /// Messages written.
        package fileprivate(set) var messageCount: UInt64 = 0
        /// Messages among them that lost a delay.
        package fileprivate(set) var deferredCount: UInt64 = 0
        /// Bytes of their bodies.
        package fileprivate(set) var bodyBytes: UInt64 = 0
    }

    /// What an export did.
    package struct Report: Sendable {
        /// The queues, a topic's own behind those of its channels.
        package fileprivate(set) var queues: [Queue] = []
        /// One line for each thing that was not as expected.
        package fileprivate(set) var notes: [String] = []
    }

    /// The original's `--max-bytes-per-file`.
    package static let ordinaryFileBytes = 104_857_600

    private let directory: String
    private let maximumFileBytes: Int
    private let fileSystem: any FileSystem
    private var report = Report()

    /// Prepares an export into `directory`, which is made when it is missing.
    ///
    /// `maximumFileBytes`: a data file ends before a record that would make it longer.
    ///
    /// - Throws: `.unusable` when something is in it already, `.io`.
    package init(
        to directory: String,
        maximumFileBytes: Int = Self.ordinaryFileBytes,
        in fileSystem: any FileSystem = PosixFileSystem()
    ) throws(DiskQueueError) {
        self.directory = directory
        self.maximumFileBytes = maximumFileBytes
        self.fileSystem = fileSystem
        let names: [String]
        do {
            try fileSystem.makeDirectory(directory)
            names = try fileSystem.list(directory)
        } catch {
            throw DiskQueueError(error)
        }
        guard names.isEmpty else {
            throw DiskQueueError(
                .unusable,
                "\(directory) is not empty: name a directory that is new, nothing is written over"
            )
        }
    }

    /// Writes all topics of `store`; `nsqd.dat` comes last.
    ///
    /// Durability: on stable storage on return.
    ///
    /// - Throws: `.noSpace`, `.io`; without `nsqd.dat` the directory is of no use then.
    package mutating func run(_ store: StoreInspection) throws(DiskQueueError) -> Report {
        var document = NSQDDat()
        for topic in store.topics {
            guard let name = TopicName(topic.name) else {
                report.notes.append("topic \(topic.id) has an invalid name: left out")
                continue
            }
            var entry = NSQDDat.Topic(name: name, isPaused: topic.isPaused, channels: [])
            for channel in topic.channels {
                guard let channelName = ChannelName(channel.name) else {
                    report.notes.append(
                        "channel \(channel.id) of \(name) has an invalid name: left out"
                    )
                    continue
                }
                entry.channels.append(.init(name: channelName, isPaused: channel.isPaused))
                let queue = GoQueueName(topic: name, channel: channelName)
                let wanted = max(channel.ackFloor, channel.received.lowerBound)
                try write(queue, of: topic, wanted..<max(wanted, channel.received.upperBound)) {
                    channel.state(of: $0.sequence, deferredAs: $0.deferral)
                }
            }
            let waiting = topic.pump..<max(topic.pump, topic.endSequence)
            try write(GoQueueName(topic: name), of: topic, waiting) { message in
                message.deferral.map {
                    .deferred(attempts: 0, dueMilliseconds: $0.untilMilliseconds)
                } ?? .queued(attempts: 0)
            }
            document.topics.append(entry)
        }
        do {
            try fileSystem.synchronizeDirectory(directory)
        } catch {
            throw DiskQueueError(error)
        }
        try NSQDDatFile(dataPath: directory, fileSystem: fileSystem).write(document)
        return report
    }

    /// Writes the messages of `range` that wait.
    private mutating func write(
        _ name: GoQueueName,
        of topic: TopicInspection,
        _ range: Range<UInt64>,
        state: (StoredMessage) -> MessageState
    ) throws(DiskQueueError) {
        var writer = GoQueueWriter(
            name,
            in: directory,
            maximumFileBytes: maximumFileBytes,
            fileSystem
        )
        var queue = Queue(name: name)
        var notes: [String] = []
        do {
            if !range.isEmpty {
                try topic.forEachMessage(
                    from: range.lowerBound,
                    damaged: { path, bytes, reason in
                        notes.append("\(path) at \(bytes.lowerBound): \(reason)")
                    },
                    { message in
                        guard message.sequence < range.upperBound else { return false }
                        let attempts: UInt16
                        switch state(message) {
                        case .notReceived, .held, .finished: return true
                        case .queued(let count): attempts = count
                        case .inFlight: attempts = 0
                        case .deferred(let count, dueMilliseconds: _):
                            attempts = count
                            queue.deferredCount += 1
                        }
                        try writer.append(message, attempts: attempts)
                        queue.messageCount += 1
                        queue.bodyBytes += UInt64(message.body.count)
                        return true
                    }
                )
            }
        } catch let error as DiskQueueError {
            throw error
        } catch {
            throw DiskQueueError(.io, "cannot export \(name): \(error)")
        }
        try writer.finish()
        report.notes += notes
        report.queues.append(queue)
    }
}
