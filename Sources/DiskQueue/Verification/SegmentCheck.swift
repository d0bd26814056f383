/// Reads one segment file from end to end and judges every byte of it.
struct SegmentCheck {
    /// What is not as it should be.
    private(set) var findings: [Finding] = []
    /// Messages whose checksums hold.
    private(set) var messageCount: UInt64 = 0
    /// The file's size.
    private(set) var byteCount = 0

    private let segment: Segment

    /// What a torn tail is called.
    static let tornText = "the last batch is not whole"

    /// What is known of the segment from elsewhere.
    struct Expectation {
        /// Sequence at which the next segment begins; `nil` for the last one.
        var bound: UInt64?
        /// Whether the last run ended in good order, so that an incomplete batch is damage.
        var wasClean: Bool
        /// Whether somebody writes to it now.
        var isBeingWritten: Bool
        /// The metadata's row.
        var row: SegmentRecord?
    }

    /// Checks the file of `segment`, which recovery found.
    ///
    /// - Throws: `.io`.
    init(
        _ segment: Segment,
        topicID: UInt64,
        _ expected: Expectation,
        in fileSystem: any FileSystem
    ) throws(DiskQueueError) {
        self.segment = segment
        let scan: SegmentScan
        do {
            let file = try fileSystem.open(segment.path, .readOnly)
            byteCount = try file.size()
            try checkHeader(of: file, topicID: topicID)
            scan = try SegmentScan(
                file: file,
                uuid: segment.uuid.low,
                firstSequence: segment.firstSequence,
                bound: expected.bound ?? .max,
                verifiesPayloads: true,
                checks: .all
            )
        } catch let error as FileSystemError {
            throw DiskQueueError(error)
        } catch let error as DiskQueueError {
            throw error
        } catch {
            throw DiskQueueError(.io, "\(segment.path): \(error)")
        }
        let lost = scan.holes.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
        messageCount = scan.endSequence - segment.firstSequence - lost
        note(scan.damage, of: scan, lost: lost)
        checkEnd(scan, expected)
        checkRow(scan, expected)
    }

    private mutating func checkHeader(
        of file: any File,
        topicID: UInt64
    ) throws(FileSystemError) {
        let raw = try file.read(SegmentFormat.headerBytes, at: 0)
        // SWALLOW: a header that is none is what is reported.
        let header = raw.withUnsafeBytes { try? SegmentHeader(decoding: $0) }
        guard let header, header.topicID == topicID, header.firstSequence == segment.firstSequence
        else {
            findings.append(
                .damage(segment.path, "the header is damaged", at: 0..<SegmentFormat.headerBytes)
            )
            return
        }
    }

    private mutating func note(_ damage: [Range<Int>], of scan: SegmentScan, lost: UInt64) {
        for (number, range) in damage.enumerated() {
            findings.append(
                .damage(
                    segment.path,
                    scan.wasDurable(range)
                        ? "damaged bytes that had been durable" : "bytes that hold no batch",
                    at: range,
                    // How many each range held is known of all together only.
                    lost: number == 0 ? lost : 0
                )
            )
        }
    }

    private mutating func checkEnd(_ scan: SegmentScan, _ expected: Expectation) {
        if scan.tornBytes > 0, !expected.isBeingWritten {
            let range = scan.dataEnd..<scan.dataEnd + scan.tornBytes
            let text = Self.tornText
            let isExpected = expected.bound == nil && !expected.wasClean
            findings.append(
                isExpected
                    ? .notice(segment.path, "\(text); the next start cuts it", at: range)
                    : .damage(segment.path, text, at: range)
            )
        }
        guard let bound = expected.bound else { return }
        // A jump after a power loss leaves numbers out that no message ever had.
        let lost =
            bound > scan.endSequence ? (bound - scan.endSequence) % TopicRecovery.sequenceJump : 0
        if !scan.isSealed {
            findings.append(
                lost > 0
                    ? .damage(segment.path, "the segment ends early", lost: lost)
                    : .notice(segment.path, "the segment has no seal")
            )
        } else if segment.isSealed, segment.endSequence != scan.endSequence {
            findings.append(.damage(segment.path, "the seal names another end than the batches"))
        }
    }

    private mutating func checkRow(_ scan: SegmentScan, _ expected: Expectation) {
        guard let row = expected.row, !expected.isBeingWritten else { return }
        guard row.uuid == segment.uuid.low else {
            findings.append(.damage(segment.path, "the metadata knows another file of this name"))
            return
        }
        let missing = Int(clamping: row.byteCount) - scan.dataEnd
        if expected.bound == nil, expected.wasClean, missing > 0, scan.tornBytes == 0 {
            findings.append(
                .damage(
                    segment.path,
                    "the file is shorter than it was at the clean stop",
                    at: scan.dataEnd..<scan.dataEnd + missing,
                    lost: row.endSequence - min(row.endSequence, scan.endSequence)
                )
            )
        } else if row.endSequence > scan.endSequence, scan.tornBytes == 0 {
            findings.append(
                .damage(
                    segment.path,
                    "the metadata names a later end",
                    lost: row.endSequence - scan.endSequence
                )
            )
        }
    }
}
