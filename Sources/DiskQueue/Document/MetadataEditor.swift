internal import NSQCore
private import Synchronization

/// Changes the topics and channels of a store that no daemon uses.
///
/// Each topic is changed by one record in its log, so that a crash leaves every topic as it was or as it is to be,
/// and a store that opens; what is left is done by the next run. The pump of a topic in which messages wait stays
/// where it stands: the daemon lets it go when it starts, as it does for channels that it learnt of elsewhere, and
/// the clock of deferred messages begins there, when channels receive them (`nsqd` spec 3.6).
///
/// Isolation: one thread's own; blocking.
package struct MetadataEditor {
    /// What a change needs beside the document.
    package struct Options: Sendable {
        /// What becomes of what the document lacks.
        package var mode: MetadataDifference.Mode
        /// Whether topics and channels in which messages wait may be deleted.
        package var allowsLoss: Bool
        /// What the history says of it.
        package var reason: String

        /// Composes options.
        package init(mode: MetadataDifference.Mode, allowsLoss: Bool, reason: String) {
            self.mode = mode
            self.allowsLoss = allowsLoss
            self.reason = reason
        }
    }

    /// What was done.
    package struct Outcome: Sendable {
        /// What was to be changed.
        package var difference: MetadataDifference
        /// Whether it was changed; not when there was nothing to change, or messages would be lost.
        package var isApplied = false
        /// One line for each thing that was not as expected.
        package var notes: [String] = []
    }

    /// What a store has; nothing where a data path holds no store yet.
    ///
    /// Reads only; a running daemon is not disturbed.
    ///
    /// - Throws: `.unusable` for no directory, or for one of the original daemon; `.unsupportedVersion`, `.io`.
    package static func current(
        _ dataPath: String
    ) throws(DiskQueueError) -> (document: MetadataDocument, notes: [String]) {
        let fileSystem = PosixFileSystem()
        guard fileSystem.exists(dataPath) else {
            throw DiskQueueError(.unusable, "there is no directory \(dataPath)")
        }
        let file = NSQDDatFile(dataPath: dataPath, fileSystem: fileSystem)
        if fileSystem.exists(Store.topicsFolder(in: dataPath)) {
            let inspection = try StoreInspection(dataPath: dataPath)
            return (MetadataDocument(inspection), inspection.notes)
        }
        guard !fileSystem.exists(file.path) else {
            throw DiskQueueError(
                .unusable,
                "\(file.path) waits to be taken over: start nsqd on \(dataPath) once, then stop it and try again"
            )
        }
        return (MetadataDocument(), [])
    }

    /// Makes a store what `document` says; all is judged before anything is changed.
    ///
    /// Durability: on stable storage on return.
    ///
    /// - Throws: `.locked` while a daemon uses the store; as ``current(_:)``.
    package static func apply(
        _ document: MetadataDocument,
        to dataPath: String,
        _ options: Options
    ) throws(DiskQueueError) -> Outcome {
        // Without the lock first: whoever has nothing to change, or may not, leaves no trace.
        do throws(DiskQueueError) {
            try DirectoryLock.requireFree(dataPath: dataPath)
        } catch {
            guard error.code == .locked else { throw error }
            let advice = "stop it, or send the document to its /metadata"
            throw DiskQueueError(.locked, "\(error.message): \(advice)")
        }
        let before = try outcome(document, dataPath, options)
        guard isToBeMade(before.difference, options) else { return before }
        let path = try DataPath(dataPath, syncPolicy: .always)
        do throws(DiskQueueError) {
            // Another process may have been faster.
            var outcome = try outcome(document, dataPath, options)
            outcome.notes = path.notes + before.notes
            guard isToBeMade(outcome.difference, options) else {
                path.metadata.close()
                try path.lock.abandon()
                return outcome
            }
            let editor = try MetadataEditor(path)
            try editor.make(outcome.difference.changes)
            try editor.finish(reason: options.reason, dataPath: dataPath)
            try path.lock.markClean()
            outcome.isApplied = true
            outcome.notes += editor.work.notes
            return outcome
        } catch {
            path.metadata.close()
            if error.code == .unsupportedVersion { try path.lock.abandon() }
            throw error
        }
    }

    private static func outcome(
        _ document: MetadataDocument,
        _ dataPath: String,
        _ options: Options
    ) throws(DiskQueueError) -> Outcome {
        let (current, notes) = try current(dataPath)
        return Outcome(
            difference: MetadataDifference(from: current, to: document, mode: options.mode),
            notes: notes
        )
    }

    private static func isToBeMade(_ difference: MetadataDifference, _ options: Options) -> Bool {
        !difference.isEmpty && (options.allowsLoss || difference.lostMessages == 0)
    }

    // MARK: - An open store

    private let store: Store
    private let work = EditorWork()
    private let topics: TopicTable

    private init(_ path: DataPath) throws(DiskQueueError) {
        // No message is published, so the number of the node does not show.
        guard let node = NodeID(0) else { throw DiskQueueError(.unusable, "node id 0") }
        let configuration = path.configuration(nodeID: node, time: SystemTime())
        let opened = try Store.open(configuration, metadata: path.metadata) { [work] in
            work.note($0)
        }
        store = opened.store
        topics = TopicTable(opened.topics)
        store.attach { [work] in work.accept($0) }
        try path.lock.markRecovered()
    }

    private func make(_ changes: [MetadataDifference.Change]) throws(DiskQueueError) {
        var rest = changes[...]
        while let topic = rest.first?.topic {
            let own = rest.prefix { $0.topic == topic }
            rest = rest.dropFirst(own.count)
            try change(topic, own)
        }
    }

    private func change(
        _ name: TopicName,
        _ changes: ArraySlice<MetadataDifference.Change>
    ) throws(DiskQueueError) {
        if case .createTopic(_, _, let created)? = changes.first {
            topics.add(
                name,
                try store.createTopic(name.text, createdMilliseconds: created),
                created
            )
        }
        guard let topic = topics[name] else {
            throw DiskQueueError(.corrupt, "topic \(name) is not in the store any more")
        }
        if case .deleteTopic? = changes.first {
            try store.deleteTopic(topic.log)
            topics.remove(name)
            return
        }
        let before = topic.log.roster
        var roster = before
        for change in changes { change.apply(to: &roster, end: topic.log.endSequence) }
        // Nothing waits behind it, so nothing is received when it goes.
        if !roster.members.isEmpty, roster.heldPump == topic.log.endSequence { roster.letPumpGo() }
        try topic.log.record(roster)
        record(topic, from: before, to: roster)
        for member in before.members where !roster.members.contains(where: { $0.id == member.id }) {
            let ledger =
                topic.channels.first { $0.member.id == member.id }?.ledger
                ?? store.createLedger(of: topic.log, channelID: member.id, channelName: member.name)
            store.deleteLedger(ledger, of: topic.log, channelID: member.id)
        }
        // Thousands of topics would be as many files; all are synced together.
        topic.log.rest(waitsForSync: false)
    }

    /// Has the rows written that differ.
    private func record(_ topic: RecoveredTopic, from before: Roster, to roster: Roster) {
        if before.isPaused != roster.isPaused {
            store.record(
                .topicSaved(
                    TopicRecord(
                        id: topic.log.topicID,
                        name: topic.name,
                        isPaused: roster.isPaused,
                        createdMilliseconds: topic.createdMilliseconds
                    )
                )
            )
        }
        for member in roster.members where !before.members.contains(member) {
            store.record(.channelSaved(ChannelRecord(topicID: topic.log.topicID, member)))
        }
    }

    /// Makes everything durable, then writes what describes it, as a daemon does when it stops.
    private func finish(reason: String, dataPath: String) throws(DiskQueueError) {
        let all = topics.all
        for topic in all {
            if let segment = topic.log.lastSegment { store.record(.segmentSealed(segment)) }
        }
        let document = NSQDDat(all)
        store.record(
            .snapshotTaken(
                SnapshotRecord(
                    takenMilliseconds: SystemTime().wallNanoseconds / 1_000_000,
                    reason: reason,
                    document: document.text
                )
            )
        )
        try store.synchronizeAll()
        try store.metadata.apply(work.takeChanges())
        try NSQDDatFile(dataPath: dataPath, fileSystem: PosixFileSystem()).write(document)
        for topic in all { topic.log.close() }
        store.close()
    }
}

extension MetadataDifference.Change {
    /// Makes the change in the roster of its topic, if it shows there.
    fileprivate func apply(to roster: inout Roster, end: UInt64) {
        switch self {
        case .createTopic(_, let isPaused, _), .pauseTopic(_, let isPaused):
            if isPaused { roster.pause(end: end) } else { roster.unpause() }
        case .createChannel(_, let name, let isPaused):
            let member = roster.addChannel(name.text, end: end)
            _ = roster.setPaused(isPaused, channelID: member.id)
        case .pauseChannel(_, let name, let isPaused):
            if let member = roster.members.first(where: { $0.name == name.text }) {
                _ = roster.setPaused(isPaused, channelID: member.id)
            }
        case .deleteChannel(_, let name, _):
            if let member = roster.members.first(where: { $0.name == name.text }) {
                roster.removeChannel(id: member.id)
            }
            if roster.members.isEmpty { roster.holdPump(at: end) }
        case .deleteTopic:
            break
        }
    }
}
