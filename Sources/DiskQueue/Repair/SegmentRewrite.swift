/// Puts files in the place of a segment that hold its good batches, or those of them that are still wanted.
///
/// Sequences are dense within a file, so each gap begins another one. A crash at any step leaves a store that
/// opens with every message: a piece bounds what is read of the original, and the original goes last.
struct SegmentRewrite {
    private let topic: TopicInspection
    private let segment: Segment
    private let isLast: Bool
    private var pieces: [PieceWriter] = []
    private var records: [SegmentRecord] = []
    private var roster: Roster
    private var open: PieceWriter?

    /// What came of it.
    struct Outcome {
        /// Rows of the new files, the last one of the log left out.
        var sealed: [SegmentRecord]
        /// Sequences between the original's first message and its last that no file holds now.
        var missing: [Range<UInt64>]
        /// Whether a file still has the original's name.
        var keepsName: Bool
    }

    /// Rewrites `segment`, which a caller that holds the data path's lock keeps a copy of if it wants one.
    ///
    /// `isWanted`: whether a batch stays; asked for whole batches.
    ///
    /// - Throws: `.io`, `.noSpace`.
    static func run(
        _ segment: Segment,
        of topic: TopicInspection,
        nowMilliseconds: Int64,
        isWanted: (BatchHeader) -> Bool = { _ in true }
    ) throws(DiskQueueError) -> Outcome {
        var rewrite = Self(segment, topic)
        try rewrite.copy(nowMilliseconds, isWanted)
        return try rewrite.install()
    }

    private init(_ segment: Segment, _ topic: TopicInspection) {
        self.segment = segment
        self.topic = topic
        isLast = segment.path == topic.segments.last?.path
        // Until the segment's own is met; the last one in the log is what counts.
        roster = topic.roster
    }

    private mutating func copy(
        _ nowMilliseconds: Int64,
        _ isWanted: (BatchHeader) -> Bool
    ) throws(DiskQueueError) {
        let file: any File
        do throws(FileSystemError) {
            file = try topic.fileSystem.open(segment.path, .readOnly)
        } catch {
            throw DiskQueueError(error)
        }
        let reader = BatchReader(file: file, uuid: segment.uuid.low, checks: .all)
        var offset = SegmentFormat.headerBytes
        var expected = segment.firstSequence
        while offset < segment.dataEnd {
            let place = LogPosition(
                segment: segment.firstSequence,
                use: segment.uuid.low,
                offset: offset
            )
            guard let chunk = try reader.read(at: place, limit: segment.dataEnd).chunk else {
                break
            }
            var batches = BatchCursor(chunk)
            while let (header, payload, _) = batches.next() {
                guard header.firstSequence >= expected else { continue }
                expected = header.endSequence
                if header.isControl {
                    try take(control: payload)
                } else if isWanted(header) {
                    try take(header, payload, nowMilliseconds)
                }
            }
            offset = chunk.end.offset
        }
        guard isLast else { return }
        // The log goes on here, and begins again with the topic's channels as they were settled.
        if open == nil { try begin(at: segment.endSequence, nowMilliseconds) }
        try open?.append(control: .roster(topic.roster))
    }

    private mutating func take(control payload: UnsafeRawBufferPointer) throws(DiskQueueError) {
        guard case .roster(let found)? = ControlRecord(decoding: payload) else { return }
        roster = found
        try open?.append(control: .roster(found))
    }

    private mutating func take(
        _ header: BatchHeader,
        _ payload: UnsafeRawBufferPointer,
        _ nowMilliseconds: Int64
    ) throws(DiskQueueError) {
        if open?.endSequence != header.firstSequence {
            try close(isSealed: true)
            try begin(at: header.firstSequence, nowMilliseconds)
        }
        try open?.append(header, payload: payload)
    }

    private mutating func begin(
        at sequence: UInt64,
        _ nowMilliseconds: Int64
    ) throws(DiskQueueError) {
        try close(isSealed: true)
        open = try PieceWriter(
            of: topic,
            firstSequence: sequence,
            roster: roster,
            createdMilliseconds: nowMilliseconds
        )
    }

    private mutating func close(isSealed: Bool) throws(DiskQueueError) {
        guard let piece = open else { return }
        records.append(try piece.finish(isSealed: isSealed))
        pieces.append(piece)
        open = nil
    }

    private mutating func install() throws(DiskQueueError) -> Outcome {
        try close(isSealed: !isLast)
        for piece in pieces.reversed() { try piece.takeName() }
        let keepsName = pieces.contains { $0.path == segment.path }
        do throws(FileSystemError) {
            try topic.fileSystem.synchronizeDirectory(topic.folder)
            if !keepsName {
                try topic.fileSystem.remove(segment.path)
                try topic.fileSystem.synchronizeDirectory(topic.folder)
            }
        } catch {
            throw DiskQueueError(error)
        }
        return Outcome(
            sealed: isLast ? records.dropLast() : records,
            missing: missing,
            keepsName: keepsName
        )
    }

    private var missing: [Range<UInt64>] {
        var next = segment.firstSequence
        var missing: [Range<UInt64>] = []
        for record in records {
            if record.firstSequence > next { missing.append(next..<record.firstSequence) }
            next = record.endSequence
        }
        if segment.endSequence > next { missing.append(next..<segment.endSequence) }
        return missing
    }
}
