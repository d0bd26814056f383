internal import NSQCore

/// Appends messages that an export wrote to a store that nobody runs on.
///
/// Topics and channels that are missing are made. What a message was in a channel of the same name it is again:
/// finished, deferred until then, delivered so many times. A channel that a line does not name gets the message as
/// if it had just been published.
///
/// Memory: one batch a topic, and the delivery states of the channels.
package final class MessageImport {
    /// What was imported.
    package struct Report: Sendable, Equatable {
        /// Lines that an earlier attempt had imported.
        package internal(set) var linesPassedOver = 0
        /// Messages that were appended.
        package internal(set) var messageCount: UInt64 = 0
        /// Topics that were made.
        package internal(set) var topicCount = 0
        /// Channels that were made.
        package internal(set) var channelCount = 0
    }

    /// Lines between two moments at which everything is made durable, so that an import can be gone on with.
    private static let linesToCommit = 100_000

    /// What was done so far.
    package private(set) var report = Report()
    private let path: DataPath
    private let dataPath: String
    private let store: Store
    private let work = EditorWork()
    private let progress: ImportProgress
    private var topics: [String: TopicImport] = [:]
    /// What an earlier attempt made durable.
    private let durable: ImportProgress.Lines
    /// The topics that were there before the first attempt.
    private let topicsBefore: Set<String>
    /// What was given so far.
    private var lines = ImportProgress.Lines()
    private var linesSinceCommit = 0

    private var isPassingOver: Bool { lines.count < durable.count }

    /// Opens the store of a data path, or makes one there.
    ///
    /// `nodeID`: the node bits in the ids of messages that are numbered anew, 0 to 1023.
    ///
    /// - Throws: `.locked`, `.unusable`, `.unsupportedVersion`, `.io`.
    package init(into dataPath: String, nodeID: Int) throws(DiskQueueError) {
        let dataPath = dataPath.isEmpty ? "." : dataPath
        guard let node = NodeID(nodeID) else {
            throw DiskQueueError(.unusable, "node id \(nodeID) is not in 0...1023")
        }
        self.dataPath = dataPath
        do {
            try PosixFileSystem().makeDirectory(dataPath)
        } catch {
            throw DiskQueueError(error)
        }
        progress = ImportProgress(dataPath: dataPath, fileSystem: PosixFileSystem())
        let earlier = try progress.read()
        path = try DataPath(dataPath, syncPolicy: .interval)
        let configuration = path.configuration(nodeID: node, time: SystemTime())
        let opened = try Store.open(configuration, metadata: path.metadata) { [work] in
            work.note($0)
        }
        store = opened.store
        store.attach { [work] in work.accept($0) }
        try path.lock.markRecovered()
        durable = earlier?.lines ?? ImportProgress.Lines()
        topicsBefore = earlier?.topics ?? Set(opened.topics.map(\.name))
        for topic in opened.topics {
            let isNew = !topicsBefore.contains(topic.name)
            topics[topic.name] = TopicImport(topic, isNew: isNew, of: store)
        }
        if earlier == nil { try progress.write(durable, topics: topicsBefore) }
    }

    /// Appends the message of a line, or passes over it when an earlier attempt had come behind it.
    ///
    /// - Throws: `.corrupt` for a line that is no message, with nothing appended; `.unusable` when the lines are not
    ///   those of the earlier attempt; `.noSpace`, `.io`.
    package func add(line: [UInt8]) throws(DiskQueueError) {
        if isPassingOver {
            lines.append(line)
            report.linesPassedOver += 1
            if !isPassingOver, lines != durable { throw progress.refusal(durable) }
            return
        }
        let record = try MessageRecord(line: line)
        guard let name = TopicName(record.topic), !name.isEphemeral else {
            throw DiskQueueError(.corrupt, "topic: \(record.topic) is no name of a durable topic")
        }
        for channel in record.channels.keys {
            guard let name = ChannelName(channel), !name.isEphemeral else {
                throw DiskQueueError(
                    .corrupt,
                    "channels: \(channel) is no name of a durable channel"
                )
            }
        }
        let topic = try topic(name, record)
        report.channelCount += try topic.add(record)
        report.messageCount += 1
        lines.append(line)
        linesSinceCommit += 1
        if linesSinceCommit >= Self.linesToCommit { try commit() }
    }

    /// Ends the import.
    ///
    /// Durability: everything is on stable storage on return.
    ///
    /// `isWhole`: whether there are no more lines; else another attempt goes on from here.
    ///
    /// - Throws: `.unusable` when an earlier attempt had more lines than there are; `.noSpace`, `.io`.
    package func finish(isWhole: Bool = true) throws(DiskQueueError) {
        let isOther = lines.count <= durable.count && lines != durable
        if !isOther { try commit() }
        for topic in topics.values { topic.close(store) }
        try store.metadata.apply(work.takeChanges())
        let inspection = try StoreInspection(dataPath: dataPath, lock: path.lock)
        let stored = inspection.storedMetadata(nowMilliseconds: now)
        let document = NSQDDat(stored)
        try NSQDDatFile(dataPath: dataPath, fileSystem: PosixFileSystem()).write(document)
        try store.metadata.apply([
            .snapshotTaken(
                SnapshotRecord(
                    takenMilliseconds: now,
                    reason: "messages imported",
                    document: document.text
                )
            )
        ])
        store.close()
        if isWhole, !isOther { try progress.end() }
        try path.lock.markClean()
        if isWhole, isOther { throw progress.refusal(durable) }
    }

    private var now: Int64 { SystemTime().wallNanoseconds / 1_000_000 }

    private func topic(
        _ name: TopicName,
        _ record: MessageRecord
    ) throws(DiskQueueError) -> TopicImport {
        if let topic = topics[name.text] { return topic }
        let id = UInt64(record.id, radix: 16)
        let log = try store.createTopic(name.text, start: ForeignBatch.firstSequence(ofID: id))
        let topic = TopicImport(new: log, of: store)
        topics[name.text] = topic
        report.topicCount += 1
        return topic
    }

    /// Makes everything so far durable, and notes how far that is.
    private func commit() throws(DiskQueueError) {
        for topic in topics.values { try topic.flush() }
        for topic in topics.values { try topic.writeLedgers() }
        try store.synchronizeAll()
        try store.metadata.apply(work.takeChanges())
        for topic in topics.values { topic.rest() }
        try progress.write(lines, topics: topicsBefore)
        linesSinceCommit = 0
    }
}
