/// Reads every byte of a store that matters and says what is wrong with it.
///
/// Nothing is changed. What a running daemon writes at the moment is not held against it.
package struct StoreVerification {
    /// How far it is: bytes read, and bytes to read in all.
    package typealias Progress = (_ done: Int, _ total: Int) -> Void

    private let inspection: StoreInspection
    private let stored: StoredMetadata
    private let fileSystem: any FileSystem
    private let progress: Progress
    private var report = VerificationReport()
    private var totalBytes = 0

    /// Verifies the store of a data path.
    ///
    /// `lock`: what the caller holds the data path with, if it does.
    /// `progress`: told after each file.
    ///
    /// - Throws: `.unusable` when there is none, `.unsupportedVersion`, `.io`.
    package static func run(
        dataPath: String,
        lock: DirectoryLock? = nil,
        progress: @escaping Progress = { _, _ in }
    ) throws(DiskQueueError) -> VerificationReport {
        for _ in 0..<maximumRounds {
            let report = try runOnce(dataPath, lock, progress)
            // A running daemon moves files while they are read: what is damaged stays so.
            if report.isHealthy || report.holder == nil { return report }
        }
        return try runOnce(dataPath, lock, progress)
    }

    /// Looks at a store that is being written before what is found is believed, less one.
    private static let maximumRounds = 3

    private static func runOnce(
        _ dataPath: String,
        _ lock: DirectoryLock?,
        _ progress: @escaping Progress
    ) throws(DiskQueueError) -> VerificationReport {
        // Rows first: each names a segment that was there before the folders are listed.
        let copy = try MetadataCopy.load(dataPath, isThorough: true)
        let inspection = try StoreInspection(dataPath: dataPath, lock: lock)
        var findings = copy.notes.map {
            Finding.damage(MetadataDatabase.path(in: dataPath), $0)
        }
        if try StoreInspection.marker(of: dataPath, lock) == .unreadable {
            let path = "\(dataPath)/\(DirectoryLock.fileName)"
            findings.append(.damage(path, "the run marker is damaged"))
        }
        var document: NSQDDat?
        let file = NSQDDatFile(dataPath: dataPath, fileSystem: PosixFileSystem())
        do throws(DiskQueueError) {
            document = try file.read()?.document
        } catch {
            findings.append(.damage(file.path, error.message))
        }
        return try run(
            inspection,
            stored: copy.stored,
            document: document,
            hasMetadata: copy.notes.isEmpty,
            fileSystem: PosixFileSystem(),
            findings: findings,
            progress: progress
        )
    }

    /// Verifies what `inspection` found on `fileSystem`.
    ///
    /// `stored`: what the metadata says.
    /// `document`: what `nsqd.dat` says; `nil` when there is none.
    /// `hasMetadata`: whether the metadata is whole, so that what it lacks can be held against it.
    /// `findings`: what was found before.
    ///
    /// - Throws: `.io`.
    package static func run(
        _ inspection: StoreInspection,
        stored: StoredMetadata,
        document: NSQDDat?,
        hasMetadata: Bool,
        fileSystem: any FileSystem,
        findings: [Finding] = [],
        progress: @escaping Progress = { _, _ in }
    ) throws(DiskQueueError) -> VerificationReport {
        var verification = StoreVerification(inspection, stored, fileSystem, progress)
        verification.report.findings = findings
        verification.report.holder = inspection.holder
        for topic in inspection.topics { try verification.verify(topic) }
        verification.report.findings +=
            AgreementCheck(
                inspection,
                stored: stored,
                document: document,
                hasMetadata: hasMetadata
            ).findings
        try verification.verifyNameless()
        verification.report.findings += inspection.strays.map {
            .notice($0, "it is none of the store's; left alone")
        }
        return verification.report
    }

    private init(
        _ inspection: StoreInspection,
        _ stored: StoredMetadata,
        _ fileSystem: any FileSystem,
        _ progress: @escaping Progress
    ) {
        self.inspection = inspection
        self.stored = stored
        self.fileSystem = fileSystem
        self.progress = progress
        totalBytes = inspection.topics.reduce(0) { $0 + Int(clamping: $1.byteCount) }
    }

    private mutating func verify(_ topic: TopicInspection) throws(DiskQueueError) {
        report.topicCount += 1
        let rows = stored.segments.filter { $0.topicID == topic.id }
        if topic.segments.isEmpty, inspection.holder == nil {
            // The last one always stays, because the next message goes there.
            let lost = rows.reduce(0) {
                $0 + ($1.endSequence - min($1.endSequence, $1.firstSequence))
            }
            report.findings.append(
                .damage(
                    topic.folder,
                    "topic \(topic.name) has no segment: its messages are gone",
                    lost: lost
                )
            )
        }
        for (at, segment) in topic.segments.enumerated() {
            let next = at + 1 < topic.segments.count ? topic.segments[at + 1] : nil
            do throws(DiskQueueError) {
                let check = try SegmentCheck(
                    segment,
                    topicID: topic.id,
                    SegmentCheck.Expectation(
                        bound: next?.firstSequence,
                        wasClean: inspection.wasClean,
                        isBeingWritten: inspection.holder != nil && next == nil,
                        row: rows.first { $0.firstSequence == segment.firstSequence }
                    ),
                    in: fileSystem
                )
                report.segmentCount += 1
                report.messageCount += check.messageCount
                note(check.findings, bytes: check.byteCount)
            } catch {
                try noteUnreadable(segment.path, error)
            }
        }
        for member in topic.roster.members {
            let check = try LedgerCheck(
                folder: topic.folder,
                topicID: topic.id,
                member: member,
                LedgerCheck.Expectation(
                    wasClean: inspection.wasClean,
                    isBeingWritten: inspection.holder != nil,
                    checkpoint: stored.checkpoints.first {
                        $0.topicID == topic.id && $0.channelID == member.id
                    }
                ),
                in: fileSystem
            )
            report.ledgerCount += check.byteCount > 0 ? 1 : 0
            note(check.findings, bytes: check.byteCount)
        }
        try verifyNames(in: topic)
    }

    /// Folders with segments of a topic whose name nothing tells: nobody is given what they hold.
    private mutating func verifyNameless() throws(DiskQueueError) {
        guard inspection.holder == nil else { return }
        let names: [String]
        let known = Set(inspection.topics.map(\.folder))
        do throws(FileSystemError) {
            names = try fileSystem.list(inspection.topicsFolder)
            for name in names.sorted() where UInt64(name) != nil {
                let folder = "\(inspection.topicsFolder)/\(name)"
                guard !known.contains(folder) else { continue }
                let segments = try fileSystem.list(folder).filter {
                    Segment.sequence(inFileName: $0) != nil
                }
                guard !segments.isEmpty else { continue }
                report.findings.append(
                    .damage(
                        folder,
                        "\(segments.count) segments of a topic whose name nothing tells, or that was"
                            + " made again since"
                    )
                )
            }
        } catch {
            throw DiskQueueError(error)
        }
    }

    private mutating func note(_ findings: [Finding], bytes: Int) {
        report.findings += findings
        report.byteCount += bytes
        progress(report.byteCount, max(totalBytes, report.byteCount))
    }

    /// A file that a running daemon removed meanwhile is no loss, and one that the disk cannot read is.
    private mutating func noteUnreadable(
        _ path: String,
        _ error: DiskQueueError
    ) throws(DiskQueueError) {
        if inspection.holder != nil, !fileSystem.exists(path) { return }
        report.findings.append(.damage(path, error.message))
    }

    /// Files in a topic's folder that recovery does not use.
    private mutating func verifyNames(in topic: TopicInspection) throws(DiskQueueError) {
        let names: [String]
        do throws(FileSystemError) {
            names = try fileSystem.list(topic.folder)
        } catch {
            throw DiskQueueError(error)
        }
        let used = Set(topic.segments.map(\.firstSequence))
        let members = Set(topic.roster.members.map(\.id))
        for name in names.sorted() {
            let path = "\(topic.folder)/\(name)"
            if let sequence = Segment.sequence(inFileName: name) {
                if used.contains(sequence) || inspection.holder != nil { continue }
                report.findings.append(.damage(path, "it is no segment of this topic"))
            } else if let id = Ledger.channelID(inFileName: name) {
                if members.contains(id) || inspection.holder != nil { continue }
                report.findings.append(.notice(path, "no channel has this ledger"))
            } else if inspection.holder == nil {
                report.findings.append(.notice(path, "kept aside, or none of the store's"))
            }
        }
    }
}
