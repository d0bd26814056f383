internal import NSQCore

/// Mends a store that nobody runs on: cuts, quarantines, rebuilds; all that it takes out is kept in
/// `<data-path>/quarantine`.
///
/// A crash in the middle leaves a store that opens, and that a second repair goes on with.
package struct StoreRepair {
    /// What there is to mend; changes nothing.
    ///
    /// - Throws: `.unusable`, `.unsupportedVersion`, `.io`.
    package static func plan(
        dataPath: String,
        progress: @escaping StoreVerification.Progress = { _, _ in }
    ) throws(DiskQueueError) -> RepairPlan {
        try plan(dataPath: dataPath, lock: nil, progress: progress)
    }

    private static func plan(
        dataPath: String,
        lock: DirectoryLock?,
        progress: @escaping StoreVerification.Progress
    ) throws(DiskQueueError) -> RepairPlan {
        // Rows first: each names a segment that was there before the folders are listed.
        let copy = try MetadataCopy.load(dataPath)
        let inspection = try StoreInspection(dataPath: dataPath, lock: lock)
        let report = try StoreVerification.run(dataPath: dataPath, lock: lock, progress: progress)
        return RepairPlan(report, inspection, stored: copy.stored)
    }

    /// Mends what there is to mend.
    ///
    /// Durability: the store is on stable storage on return.
    ///
    /// - Throws: `.locked` when a process holds the data path; as ``plan(dataPath:progress:)``; `.noSpace`.
    package static func apply(
        dataPath: String,
        progress: @escaping StoreVerification.Progress = { _, _ in }
    ) throws(DiskQueueError) -> RepairPlan {
        let lock = try DirectoryLock.acquire(dataPath: dataPath)
        let plan: RepairPlan
        do throws(DiskQueueError) {
            plan = try Self.plan(dataPath: dataPath, lock: lock, progress: progress)
        } catch {
            try lock.abandon()
            throw error
        }
        guard !plan.steps.isEmpty else {
            try lock.abandon()
            return plan
        }
        var repair = StoreRepair(plan, lock)
        // The marker keeps the boot of the run before: the next start has its jump to make after a loss of power.
        try repair.run()
        return plan
    }

    private let plan: RepairPlan
    private let lock: DirectoryLock
    private let inspection: StoreInspection
    private let quarantine: Quarantine
    private let fileSystem = PosixFileSystem()
    private let nowMilliseconds = SystemTime().wallNanoseconds / 1_000_000
    /// What is known of channels that changes: (topic, channel).
    private var states: [ChannelKey: ChannelState] = [:]

    private struct ChannelKey: Hashable {
        let topicID: UInt64
        let channelID: UInt64
    }

    private init(_ plan: RepairPlan, _ lock: DirectoryLock) {
        self.plan = plan
        self.lock = lock
        inspection = plan.inspection
        quarantine = Quarantine(dataPath: plan.inspection.dataPath, fileSystem: PosixFileSystem())
    }

    private mutating func run() throws(DiskQueueError) {
        for step in plan.steps {
            switch step.action {
            case .rewriteSegment(let id, let path): try rewriteSegment(of: id, at: path)
            case .setAside(let path): try take(path)
            case .rewriteLedger(let topicID, let channelID):
                try rewriteLedger(topicID, channelID) { _ in }
            case .beginSegment(let topicID, let sequence):
                if let topic = topic(topicID) { try beginSegment(sequence, of: topic) }
            case .giveUp(let topicID, let range): try giveUp(range, of: topicID)
            case .rebuildMetadata: try writeMetadata(anew: true)
            case .updateMetadata: try writeMetadata(anew: false)
            case .rewriteDocument: try rewriteDocument()
            case .renewMarker: break
            }
        }
        do throws(FileSystemError) {
            try fileSystem.synchronizeAll(inspection.dataPath)
        } catch {
            throw DiskQueueError(error)
        }
    }

    private func topic(_ id: UInt64) -> TopicInspection? { inspection.topics.first { $0.id == id } }

    private mutating func rewriteSegment(of id: UInt64, at path: String) throws(DiskQueueError) {
        guard let topic = topic(id), let segment = topic.segments.first(where: { $0.path == path })
        else { return }
        _ = try quarantine.keep(path)
        let outcome = try SegmentRewrite.run(segment, of: topic, nowMilliseconds: nowMilliseconds)
        for range in outcome.missing { try giveUp(range, of: id) }
    }

    private func beginSegment(
        _ sequence: UInt64,
        of topic: TopicInspection
    ) throws(DiskQueueError) {
        var roster = topic.roster
        // What the topic still holds back must not be passed over.
        if topic.segments.isEmpty, let held = roster.heldPump {
            roster.heldPump = max(held, sequence)
        }
        let piece = try PieceWriter(
            of: topic,
            firstSequence: sequence,
            roster: roster,
            createdMilliseconds: nowMilliseconds
        )
        _ = try piece.finish(isSealed: false)
        try piece.takeName()
        do throws(FileSystemError) {
            try fileSystem.synchronizeDirectory(topic.folder)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Counts messages that are gone as finished, so that no channel waits for them.
    private mutating func giveUp(_ range: Range<UInt64>, of id: UInt64) throws(DiskQueueError) {
        for channel in topic(id)?.channels ?? [] where channel.wantedCount(in: range) > 0 {
            try rewriteLedger(id, channel.id) { $0.finish(range) }
        }
    }

    private func take(_ path: String) throws(DiskQueueError) {
        _ = try quarantine.keep(path)
        do throws(FileSystemError) {
            if fileSystem.exists(path) { try fileSystem.remove(path) }
        } catch {
            throw DiskQueueError(error)
        }
    }

    private mutating func rewriteLedger(
        _ topicID: UInt64,
        _ channelID: UInt64,
        _ change: (inout ChannelState) -> Void
    ) throws(DiskQueueError) {
        guard let topic = topic(topicID),
            let channel = topic.channels.first(where: { $0.id == channelID })
        else { return }
        let key = ChannelKey(topicID: topicID, channelID: channelID)
        var state = states[key] ?? channel.state
        change(&state)
        states[key] = state
        let path = Ledger.path(in: topic.folder, channelID: channelID)
        if fileSystem.exists(path) {
            _ = try quarantine.keep(path)
        }
        let ledger = Ledger(
            folder: topic.folder,
            header: LedgerHeader(
                topicID: topicID,
                channelID: channelID,
                channelName: channel.name,
                generation: channel.generation,
                uuid: UInt64.random(in: 1...UInt64.max)
            ),
            end: 0,
            fileSystem: fileSystem,
            dirtied: { _ in }
        )
        _ = try ledger.install(state)
    }

    /// Lets logs end behind all that is named: what was cut may have held the last message.
    private func settleEnds() throws(DiskQueueError) {
        let after = try StoreInspection(dataPath: inspection.dataPath, lock: lock)
        for topic in after.topics {
            if let sequence = topic.missingStart(rows: []) { try beginSegment(sequence, of: topic) }
        }
    }

    private func writeMetadata(anew: Bool) throws(DiskQueueError) {
        try settleEnds()
        // Read before SQLite's file goes: it may be all that knows of a channel.
        let after = try StoreInspection(dataPath: inspection.dataPath, lock: lock)
        if anew {
            try SQLiteMetadataStore.setAside(dataPath: inspection.dataPath, fileSystem: fileSystem)
        }
        let store = try SQLiteMetadataStore(dataPath: inspection.dataPath)
        defer { store.close() }
        let stored = try store.load()
        try store.apply(
            after.metadataChanges(
                from: stored,
                reason: "repair",
                nowMilliseconds: nowMilliseconds
            )
        )
    }

    private func rewriteDocument() throws(DiskQueueError) {
        let file = NSQDDatFile(dataPath: inspection.dataPath, fileSystem: fileSystem)
        if fileSystem.exists(file.path) { _ = try quarantine.keep(file.path) }
        let after = try StoreInspection(dataPath: inspection.dataPath, lock: lock)
        try file.write(NSQDDat(after.storedMetadata(nowMilliseconds: nowMilliseconds)))
    }
}
