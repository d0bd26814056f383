internal import NSQCore

/// Gives back the disk that finished messages still take in a store that nobody runs on.
///
/// A running daemon removes whole segments; one wanted message keeps a segment. Here batches that every
/// channel has finished go too, where they are more than half of a segment.
package struct StoreCompaction {
    /// What was, or would be, given back.
    package struct Report: Sendable, Equatable {
        /// Segments removed whole.
        package var removedSegments = 0
        /// Segments written anew.
        package var rewrittenSegments = 0
        /// Bytes before and after.
        package var bytesBefore: UInt64 = 0
        /// See ``bytesBefore``.
        package var bytesAfter: UInt64 = 0
        /// Files of deleted segments that waited to be used again.
        package var recycledBytes: UInt64 = 0
    }

    /// Runs of finished batches shorter than this stay: each gap begins a new file.
    private static let smallestGap = 256 * 1024

    private let inspection: StoreInspection
    private let fileSystem = PosixFileSystem()
    private let nowMilliseconds = SystemTime().wallNanoseconds / 1_000_000
    private let isDryRun: Bool
    private var report = Report()
    private var changes: [MetadataChange] = []

    /// Compacts the store of a data path.
    ///
    /// Durability: on stable storage on return.
    ///
    /// `isDryRun`: whether only the report is made.
    ///
    /// - Throws: `.locked`, `.corrupt` when something is damaged, which is for repair; `.unusable`,
    ///   `.unsupportedVersion`, `.noSpace`, `.io`.
    package static func run(
        dataPath: String,
        isDryRun: Bool,
        progress: @escaping StoreVerification.Progress = { _, _ in }
    ) throws(DiskQueueError) -> Report {
        let lock = isDryRun ? nil : try DirectoryLock.acquire(dataPath: dataPath)
        var compaction: StoreCompaction
        do throws(DiskQueueError) {
            let found = try StoreVerification.run(
                dataPath: dataPath,
                lock: lock,
                progress: progress
            )
            guard found.isHealthy else {
                throw DiskQueueError(
                    .corrupt,
                    "\(dataPath) is damaged; see nsq-inspect verify, and mend it with nsq-inspect repair"
                )
            }
            compaction = StoreCompaction(
                try StoreInspection(dataPath: dataPath, lock: lock),
                isDryRun: isDryRun
            )
        } catch {
            try lock?.abandon()
            throw error
        }
        // What says that messages are finished must outlive them; the ledgers were written by a run that ended.
        if !isDryRun { try compaction.synchronizeAll() }
        for topic in compaction.inspection.topics { try compaction.compact(topic) }
        try compaction.removeRecycled()
        if !isDryRun { try compaction.finish() }
        return compaction.report
    }

    private init(_ inspection: StoreInspection, isDryRun: Bool) {
        self.inspection = inspection
        self.isDryRun = isDryRun
    }

    private mutating func compact(_ topic: TopicInspection) throws(DiskQueueError) {
        for segment in topic.segments {
            let bytes = UInt64(clamping: segment.dataEnd)
            report.bytesBefore += bytes
            report.bytesAfter += bytes
            guard segment.isSealed, segment.path != topic.segments.last?.path else { continue }
            let runs = try WantedRuns(of: segment, topic, smallestGap: Self.smallestGap)
            guard runs.wantedBytes * 2 < segment.dataEnd else { continue }
            report.bytesAfter -= bytes
            report.bytesAfter += UInt64(clamping: runs.wantedBytes)
            if runs.wanted.isEmpty {
                report.removedSegments += 1
            } else {
                report.rewrittenSegments += 1
            }
            guard !isDryRun else { continue }
            let outcome = try SegmentRewrite.run(
                segment,
                of: topic,
                nowMilliseconds: nowMilliseconds,
                isWanted: { runs.contains($0) }
            )
            if !outcome.keepsName {
                changes.append(
                    .segmentDeleted(topicID: topic.id, firstSequence: segment.firstSequence)
                )
            }
            changes += outcome.sealed.map(MetadataChange.segmentSealed)
        }
    }

    private mutating func removeRecycled() throws(DiskQueueError) {
        let folder = RecycledFiles.path(in: inspection.dataPath)
        guard fileSystem.exists(folder) else { return }
        do throws(FileSystemError) {
            for name in try fileSystem.list(folder) where UInt64(name) != nil {
                let path = "\(folder)/\(name)"
                report.recycledBytes += UInt64(
                    clamping: try fileSystem.open(path, .readOnly).size()
                )
                if !isDryRun { try fileSystem.remove(path) }
            }
        } catch {
            throw DiskQueueError(error)
        }
    }

    private func finish() throws(DiskQueueError) {
        let store = try SQLiteMetadataStore(dataPath: inspection.dataPath)
        defer { store.close() }
        try store.apply(changes)
        try store.compact()
        try synchronizeAll()
    }

    private func synchronizeAll() throws(DiskQueueError) {
        do throws(FileSystemError) {
            try fileSystem.synchronizeAll(inspection.dataPath)
        } catch {
            throw DiskQueueError(error)
        }
    }
}
