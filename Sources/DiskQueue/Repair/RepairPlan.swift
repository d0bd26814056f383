/// One thing that a repair does.
package struct RepairStep: Sendable, Equatable {
    enum Action: Sendable, Equatable {
        /// Write the good batches of a segment into files of their own.
        case rewriteSegment(topicID: UInt64, path: String)
        /// Take away a file that is no segment or ledger of its folder.
        case setAside(path: String)
        /// Begin a ledger anew with what is known of the channel.
        case rewriteLedger(topicID: UInt64, channelID: UInt64)
        /// Count messages that are gone as finished, so that nobody waits for them.
        case giveUp(topicID: UInt64, Range<UInt64>)
        /// Begin an empty segment, so that the log ends behind every message that something names.
        case beginSegment(topicID: UInt64, UInt64)
        /// Make SQLite's file anew from segments and ledgers.
        case rebuildMetadata
        /// Bring its rows to what segments and ledgers say.
        case updateMetadata
        /// Write `nsqd.dat` anew.
        case rewriteDocument
        /// Begin the run marker anew.
        case renewMarker
    }

    let action: Action
    /// The file that it is about.
    package let path: String
    /// What is done, in one line.
    package let text: String
}

/// What a repair would do to a store, or did.
package struct RepairPlan: Sendable {
    /// The steps, in the order in which they are done.
    package private(set) var steps: [RepairStep] = []
    /// What was found wrong.
    package let report: VerificationReport

    let inspection: StoreInspection

    init(_ report: VerificationReport, _ inspection: StoreInspection, stored: StoredMetadata) {
        self.report = report
        self.inspection = inspection
        let dataPath = inspection.dataPath
        let metadataPath = MetadataDatabase.path(in: dataPath)
        let documentPath = "\(dataPath)/\(NSQDDat.fileName)"
        var damaged: [String: [Finding]] = [:]
        for finding in report.findings
        where finding.severity == .damage || finding.text.hasPrefix(SegmentCheck.tornText) {
            damaged[finding.path, default: []].append(finding)
        }
        var changesMetadata = false
        for topic in inspection.topics {
            let before = steps.count
            plan(topic, damaged, rows: stored.segments.filter { $0.topicID == topic.id })
            changesMetadata = changesMetadata || steps.count > before
        }
        let isDamaged = damaged[metadataPath] != nil
        if isDamaged {
            add(.rebuildMetadata, metadataPath, "make it anew from segments and ledgers")
        } else if changesMetadata {
            add(.updateMetadata, metadataPath, "bring its rows to what segments and ledgers say")
        }
        if isDamaged || changesMetadata || damaged[documentPath] != nil {
            add(.rewriteDocument, documentPath, "write it anew")
        }
        let markerPath = "\(dataPath)/\(DirectoryLock.fileName)"
        if damaged[markerPath] != nil { add(.renewMarker, markerPath, "begin it anew") }
    }

    private mutating func plan(
        _ topic: TopicInspection,
        _ damaged: [String: [Finding]],
        rows: [SegmentRecord]
    ) {
        for segment in topic.segments {
            guard let findings = damaged[segment.path] else { continue }
            let bytes = findings.compactMap(\.byteCount).reduce(0, +)
            let lost = findings.reduce(0) { $0 + $1.lostMessages }
            add(
                .rewriteSegment(topicID: topic.id, path: segment.path),
                segment.path,
                "write its good batches anew; \(bytes) bytes are left out, \(lost) messages lost"
            )
        }
        for path in damaged.keys.sorted() where path.hasPrefix("\(topic.folder)/") {
            let name = String(path.dropFirst(topic.folder.count + 1))
            let isSegment = Segment.sequence(inFileName: name) != nil
            guard isSegment, !topic.segments.contains(where: { $0.path == path }),
                topic.fileSystem.exists(path)
            else { continue }
            add(.setAside(path: path), path, "take it away: it holds no batch of this topic")
        }
        for member in topic.roster.members {
            let path = Ledger.path(in: topic.folder, channelID: member.id)
            guard damaged[path] != nil else { continue }
            add(
                .rewriteLedger(topicID: topic.id, channelID: member.id),
                path,
                "begin it anew with what is known of channel \(member.name)"
            )
        }
        // What a running daemon moves at this moment is not to be mended.
        guard inspection.holder == nil else { return }
        if let sequence = topic.missingStart(rows: rows) {
            add(
                .beginSegment(topicID: topic.id, sequence),
                topic.folder,
                "begin a segment at message \(sequence), behind all that is named"
            )
        }
        for (range, count) in topic.absentRanges(rows: rows) {
            add(
                .giveUp(topicID: topic.id, range),
                topic.folder,
                "count \(count) messages that no segment holds as finished:"
                    + " \(range.lowerBound) to \(range.upperBound - 1)"
            )
        }
    }

    private mutating func add(_ action: RepairStep.Action, _ path: String, _ text: String) {
        steps.append(RepairStep(action: action, path: path, text: text))
    }
}
