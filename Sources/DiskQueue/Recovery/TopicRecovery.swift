/// Opens a topic's folder as a crash or a clean stop left it.
///
/// ``init(folder:names:parent:topicID:context:)`` reads and changes nothing; ``finish(report:)`` mends and opens.
struct TopicRecovery {
    /// How the last run ended, as far as it can be known.
    struct Context {
        var configuration: LogConfiguration
        /// The last run closed its store.
        var wasClean: Bool
        /// The machine may have lost what was not synced: it was started anew since.
        var mayHaveLostPower: Bool
    }

    /// Sequences passed over after a possible power loss: more than any unsynced window can hold, so that no
    /// number which a consumer may have seen, or a ledger may name, is given out twice.
    static let sequenceJump: UInt64 = 1 << 24

    private(set) var context: Context
    let folder: String
    let parent: String
    let topicID: UInt64
    /// The topic's name by its segments; `nil` when no segment is left.
    private(set) var name: String?
    private(set) var report = TopicRecoveryReport()
    private(set) var segments: [Segment] = []
    /// What to go on with once ``settleRoster(fallback:row:channels:)`` was called.
    private(set) var roster: Roster?
    private var lastHasRoster = false
    private var mayLackRoster = false
    /// Whether the segments tell all of the topic's channels.
    private(set) var tellsChannels = false
    /// Sequence that a ledger or a row of the metadata names, and after which the log goes on.
    var named: UInt64 = 0
    private var syncedOffset = 0
    private var tornBytes = 0
    private var unusable: [String] = []
    private var deferredInLast: [DeferredBatch] = []

    /// Reads a topic's folder, which holds `names`.
    ///
    /// - Throws: `.unsupportedVersion` when a newer version wrote it; `.io` when it cannot be read.
    init(
        folder: String,
        names: [String],
        parent: String,
        topicID: UInt64,
        context: Context
    ) throws(DiskQueueError) {
        self.folder = folder
        self.parent = parent
        self.topicID = topicID
        self.context = context
        report.topicID = topicID
        let starts = names.compactMap { Segment.sequence(inFileName: $0) }.sorted()
        var opened: [(segment: Segment, file: any File)] = []
        for start in starts {
            if let found = try openSegment(start) { opened.append(found) }
        }
        for (at, found) in opened.enumerated() {
            let bound =
                at + 1 < opened.count ? opened[at + 1].segment.firstSequence : UInt64.max
            try examine(
                found.segment,
                file: found.file,
                bound: bound,
                isLast: at + 1 == opened.count
            )
        }
        // The roster stands at the start of each segment, so an earlier one helps only when the last is damaged.
        for found in opened.reversed() where roster == nil {
            roster = try scan(found.segment, found.file, bound: .max).roster
        }
    }

    /// Decides which channels the topic has.
    ///
    /// A roster is whole, so the last one counts. Where one may be among what is damaged, channels that only the
    /// metadata knows are added, and its word on what is paused is taken; not after a loss of power, which the
    /// metadata may come out of older than the log.
    ///
    /// `fallback`: what counts when no segment has one, held where a topic without segments begins.
    mutating func settleRoster(fallback: Roster, row: TopicRecord?, channels: [ChannelRecord]) {
        guard var roster else {
            self.roster = fallback.adapted(toFirst: segments.first?.firstSequence)
            return
        }
        tellsChannels = !mayLackRoster
        defer { self.roster = roster }
        // A torn tail may be the roster of a channel that was answered for; its row tells, and nothing else does.
        // Without a loss of power a row is never newer than the roster, however whole the log looks.
        guard mayLackRoster || tornBytes > 0 || !context.mayHaveLostPower else { return }
        let added =
            mayLackRoster && !context.mayHaveLostPower
            ? roster.complete(from: row, channels, end: segments.last?.endSequence)
            : roster.addLater(channels)
        // As where a channel is made: what the topic held is for it.
        if !added.isEmpty, !roster.isPaused { roster.heldPump = nil }
        for name in added {
            report.notes.append(
                "\(folder): channel \(name) stood in a damaged place; taken from the metadata"
            )
        }
    }

    /// Has the log go on behind `sequence`: one that somebody names is never given to another message.
    ///
    /// A log that ends before it has lost messages, or is a copy that is older than what names them.
    mutating func goOn(behind sequence: UInt64) {
        guard context.configuration.checks.contains(.sequenceJump) else { return }
        named = max(named, sequence)
    }

    /// The clean stop left the last segment with `byteCount` bytes: what is missing of them is damaged.
    mutating func expect(byteCount: Int) {
        guard context.wasClean, let last = segments.last, byteCount > last.dataEnd else { return }
        noteTorn(max(tornBytes, byteCount - last.dataEnd), of: last.path)
        mayLackRoster = true
    }

    /// Mends what has to be mended and opens the log, once its roster is settled.
    ///
    /// `name`: the topic's name.
    func finish(
        name: String,
        report events: @escaping @Sendable (LogEvent) -> Void
    ) throws(DiskQueueError) -> TopicLog {
        let configuration = context.configuration
        var state = LogState(
            topicID: topicID,
            topicName: name,
            folder: folder,
            parent: parent,
            start: segments.last?.endSequence ?? max(roster?.heldPump ?? 0, named),
            configuration: configuration
        )
        state.segments = segments
        if let roster { state.roster = roster }
        var pending: [LogEvent] = []
        do {
            for path in unusable {
                try configuration.fileSystem.rename(path, to: path + ".unusable")
            }
            if let last = segments.last, !context.wasClean || tornBytes > 0 {
                try mendTail(of: last)
            }
        } catch {
            throw DiskQueueError(error)
        }
        // Durable by the clean stop, or by the sync that ends recovery.
        let isDurable = context.wasClean || configuration.checks.contains(.syncBeforeServing)
        let end = segments.last?.dataEnd ?? 0
        state.syncedOffset = isDurable ? end : min(syncedOffset, end)
        let jumps = context.mayHaveLostPower && configuration.checks.contains(.sequenceJump)
        // The segment after an empty one that was sealed would have its name.
        if jumps || named > state.endSequence
            || segments.last.map({ $0.isSealed && $0.range.isEmpty }) ?? false
        {
            state.nextSequence = max(state.endSequence, named) &+ Self.sequenceJump
        }
        // A jump is written down at once: the next start does not know that power was lost.
        if segments.isEmpty {
            try state.startSegment(events: &pending)
        } else if state.nextSequence != state.endSequence {
            try state.rollIfNeeded(for: 0, events: &pending)
            state.endSequence = state.nextSequence
        } else if !lastHasRoster {
            // The segments before it may go, and the roster with them.
            try state.append(state.roster, events: &pending)
        }
        let log = TopicLog(state: state, configuration: configuration, report: events)
        pending.forEach(events)
        return log
    }

    /// Goes on with the configuration of the opened store.
    mutating func useSharedConfiguration(_ configuration: LogConfiguration) {
        context.configuration = configuration
    }

    // MARK: - Reading

    /// Opens a segment file and reads its header; `nil` when it is none of this topic's.
    private mutating func openSegment(
        _ start: UInt64
    ) throws(DiskQueueError) -> (segment: Segment, file: any File)? {
        let path = "\(folder)/\(Segment.fileName(start))"
        let file: any File
        let raw: [UInt8]
        do {
            file = try context.configuration.fileSystem.open(path, .readOnly)
            raw = try file.read(SegmentFormat.headerBytes, at: 0)
        } catch {
            guard ErrorNumber.isNoFile(error.errno) else { throw DiskQueueError(error) }
            report.notes.append("\(path) is no file and so no segment; left alone")
            return nil
        }
        do {
            let decoded: Result<SegmentHeader, SegmentHeader.Flaw> = raw.withUnsafeBytes { bytes in
                Result { () throws(SegmentHeader.Flaw) in try SegmentHeader(decoding: bytes) }
            }
            let header = try decoded.get()
            guard header.topicID == topicID, header.firstSequence == start else {
                unusable.append(path)
                report.notes.append("\(path) holds another segment; set aside")
                return nil
            }
            name = header.topicName
            return (segment(start, path: path, uuid: header.uuid), file)
        } catch .newerVersion(let version) {
            throw DiskQueueError(
                .unsupportedVersion,
                "\(path) has format version \(version), newer than this program knows"
                    + " (\(SegmentFormat.version)); nothing was changed; use a newer nsqd"
            )
        } catch {
            if let low = try survivingUUID(of: file, start: start) {
                report.notes.append("\(path) has a damaged header; its batches are used")
                return (segment(start, path: path, uuid: SegmentUUID(low: low, high: 0)), file)
            }
            unusable.append(path)
            report.notes.append("\(path) has no valid header; set aside")
            return nil
        }
    }

    /// The uuid that the batches of a segment without its header carry; `nil` when there is no whole batch.
    ///
    /// A recycled file that a crash left without a header holds batches of an earlier use; they have another
    /// mark.
    private func survivingUUID(
        of file: any File,
        start: UInt64
    ) throws(DiskQueueError) -> UInt64? {
        let reader = BatchReader(
            file: file,
            uuid: 0,
            checks: context.configuration.checks.subtracting(.segmentIdentity)
        )
        let size: Int
        do { size = try file.size() } catch { throw DiskQueueError(error) }
        var offset = SegmentFormat.headerBytes - 1
        while true {
            offset = try reader.resync(after: offset, limit: size)
            guard offset < size else { return nil }
            let raw: [UInt8]
            do {
                raw = try file.read(SegmentFormat.batchHeaderBytes, at: offset)
            } catch {
                throw DiskQueueError(error)
            }
            let header = raw.withUnsafeBytes { BatchHeader(decoding: $0) }
            if let header, header.firstSequence >= start,
                SegmentUUID.isLow(header.segmentUUID, ofTopic: topicID, firstSequence: start)
            {
                return header.segmentUUID
            }
        }
    }

    private func segment(_ start: UInt64, path: String, uuid: SegmentUUID) -> Segment {
        Segment(
            firstSequence: start,
            path: path,
            uuid: uuid,
            endSequence: start,
            dataEnd: SegmentFormat.headerBytes
        )
    }

    /// Finds where a segment ends: by its seal, or by walking it.
    private mutating func examine(
        _ found: Segment,
        file: any File,
        bound: UInt64,
        isLast: Bool
    ) throws(DiskQueueError) {
        var segment = found
        if !isLast, let seal = try readSeal(of: found, file: file), seal.endSequence <= bound {
            segment.endSequence = seal.endSequence
            segment.dataEnd = Int(seal.sealOffset)
            segment.deferredCount = seal.deferredCount
            segment.isSealed = true
            segments.append(segment)
            return
        }
        let scan = try scan(found, file, bound: bound)
        segment.endSequence = scan.endSequence
        segment.dataEnd = scan.dataEnd
        segment.isSealed = !isLast || scan.isSealed
        segment.index = scan.index
        segment.holes = scan.holes
        segment.deferredCount = scan.deferred.reduce(0) { $0 + UInt64($1.sequences.count) }
        segments.append(segment)
        report.lostMessages += scan.holes.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
        for range in scan.damage {
            report.damagedBytes += range.count
            report.notes.append(
                scan.wasDurable(range)
                    ? "\(found.path) is damaged at \(range.lowerBound): \(range.count) bytes that had"
                        + " been durable are left out"
                    : "\(found.path) has a hole at \(range.lowerBound): \(range.count) bytes did not"
                        + " reach the disk"
            )
        }
        // A jump that a crash left without the seal before it has cost no message.
        let lost = bound > scan.endSequence ? (bound - scan.endSequence) % Self.sequenceJump : 0
        if !isLast, !scan.isSealed, lost > 0 {
            report.lostMessages += lost
            report.notes.append(
                "\(found.path) ends early: \(lost) messages did not reach the disk"
            )
        }
        guard isLast else { return }
        roster = scan.roster
        lastHasRoster = scan.roster != nil
        syncedOffset = scan.syncedThrough
        mayLackRoster =
            scan.roster == nil || scan.mayLackRoster || (context.wasClean && scan.tornBytes > 0)
        if scan.tornBytes > 0 { noteTorn(scan.tornBytes, of: found.path) }
    }

    private mutating func noteTorn(_ count: Int, of path: String) {
        report.tornBytes += count - tornBytes
        tornBytes = count
        report.notes.removeAll { $0.hasPrefix(Self.tornNote(path)) }
        report.notes.append("\(Self.tornNote(path)): \(count) bytes are cut and kept aside")
    }

    private static func tornNote(_ path: String) -> String {
        "\(path) ends with an incomplete batch"
    }

    private func scan(
        _ segment: Segment,
        _ file: any File,
        bound: UInt64
    ) throws(DiskQueueError) -> SegmentScan {
        try SegmentScan(
            file: file,
            uuid: segment.uuid.low,
            firstSequence: segment.firstSequence,
            bound: bound,
            verifiesPayloads: !context.wasClean,
            checks: context.configuration.checks
        )
    }

    /// The seal at the end of the file, when there is one.
    private func readSeal(
        of segment: Segment,
        file: any File
    ) throws(DiskQueueError) -> SegmentSeal? {
        do {
            let offset = try file.size() - SegmentSeal.totalBytes
            guard offset >= SegmentFormat.headerBytes else { return nil }
            let raw = try file.read(SegmentSeal.totalBytes, at: offset)
            guard raw.count == SegmentSeal.totalBytes else { return nil }
            return raw.withUnsafeBytes { bytes -> SegmentSeal? in
                let payload = UnsafeRawBufferPointer(
                    rebasing: bytes[SegmentFormat.batchHeaderBytes...]
                )
                guard let header = BatchHeader(decoding: bytes), header.isControl,
                    header.segmentUUID == segment.uuid.low,
                    header.payloadBytes == payload.count,
                    header.payloadChecksum == Checksum.crc32c(payload),
                    case .seal(let seal)? = ControlRecord(decoding: payload),
                    seal.sealOffset == UInt64(offset)
                else { return nil }
                return seal
            }
        } catch {
            throw DiskQueueError(error)
        }
    }

    // MARK: - Mending

    /// Cuts what stands behind the last whole batch, and keeps the bytes of a torn one aside.
    private func mendTail(of last: Segment) throws(FileSystemError) {
        let file = try context.configuration.fileSystem.open(last.path, .readWrite)
        if tornBytes > 0 {
            let kept = ReadBuffer(minimum: tornBytes)
            let target = UnsafeMutableRawBufferPointer(start: kept.base, count: tornBytes)
            let got = try file.read(into: target, at: last.dataEnd)
            let aside = try context.configuration.fileSystem.open(
                "\(last.path).torn-\(last.dataEnd)",
                .createIfMissing
            )
            try aside.write(UnsafeRawBufferPointer(start: kept.base, count: got), at: 0)
        }
        if try file.size() > last.dataEnd { try file.truncate(to: last.dataEnd) }
    }
}
