/// Writes one segment file anew from batches of another one.
///
/// It has a temporary name, which no start takes for a segment, until ``finish(isSealed:)`` made it durable.
final class PieceWriter {
    /// The first sequence, which will name the file.
    let firstSequence: UInt64
    /// Sequence after the last message so far.
    private(set) var endSequence: UInt64
    /// Where the file will lie.
    let path: String

    private let temporary: String
    private let uuid: SegmentUUID
    private let topicID: UInt64
    private let file: any File
    private var offset: Int
    private var deferredCount: UInt64 = 0
    private let fileSystem: any FileSystem

    /// Begins the segment of message `firstSequence` with `roster`.
    init(
        of topic: TopicInspection,
        firstSequence: UInt64,
        roster: Roster,
        createdMilliseconds: Int64
    ) throws(DiskQueueError) {
        self.firstSequence = firstSequence
        endSequence = firstSequence
        fileSystem = topic.fileSystem
        topicID = topic.id
        path = "\(topic.folder)/\(Segment.fileName(firstSequence))"
        temporary = path + ".repairing"
        var generator = SystemRandomNumberGenerator()
        uuid = .fresh(topicID: topic.id, firstSequence: firstSequence, using: &generator)
        let header = SegmentHeader(
            uuid: uuid,
            topicID: topic.id,
            topicName: topic.name,
            firstSequence: firstSequence,
            createdMilliseconds: createdMilliseconds
        )
        var bytes = [UInt8](repeating: 0, count: SegmentFormat.headerBytes)
        bytes.withUnsafeMutableBytes { header.encode(into: $0) }
        offset = bytes.count
        do {
            file = try fileSystem.open(temporary, .createIfMissing)
            try file.truncate(to: 0)
            try file.write(bytes, at: 0)
        } catch {
            throw DiskQueueError(error)
        }
        try append(control: .roster(roster))
    }

    /// Appends a batch of the original, which belongs to this segment from here on.
    func append(_ header: BatchHeader, payload: UnsafeRawBufferPointer) throws(DiskQueueError) {
        var header = header
        header.segmentUUID = uuid.low
        // All of it is durable before the file takes its name.
        header.syncedThrough = offset
        var bytes = [UInt8](repeating: 0, count: SegmentFormat.batchHeaderBytes)
        bytes.withUnsafeMutableBytes { raw in
            if let base = raw.baseAddress { header.encode(at: base) }
        }
        do {
            try file.write(bytes, at: offset)
            try file.write(payload, at: offset + bytes.count)
        } catch {
            throw DiskQueueError(error)
        }
        offset += header.totalBytes
        endSequence = header.endSequence
        if header.deferredUntil != 0 { deferredCount += UInt64(header.messageCount) }
    }

    /// Appends a control record.
    func append(control record: ControlRecord) throws(DiskQueueError) {
        let payload = record.encoded()
        let header = BatchHeader(
            payloadBytes: payload.count,
            payloadChecksum: payload.withUnsafeBytes { Checksum.crc32c($0) },
            segmentUUID: uuid.low,
            firstSequence: endSequence,
            messageCount: 0,
            isControl: true,
            syncedThrough: 0
        )
        try payload.withUnsafeBufferPointer { bytes throws(DiskQueueError) in
            try append(header, payload: UnsafeRawBufferPointer(bytes))
        }
    }

    /// Makes the file durable under its temporary name.
    ///
    /// - Returns: its row for the metadata.
    func finish(isSealed: Bool) throws(DiskQueueError) -> SegmentRecord {
        if isSealed {
            try append(
                control: .seal(
                    SegmentSeal(
                        endSequence: endSequence,
                        deferredCount: deferredCount,
                        sealOffset: UInt64(offset)
                    )
                )
            )
        }
        do {
            try file.synchronizeData()
        } catch {
            throw DiskQueueError(error)
        }
        return SegmentRecord(
            topicID: topicID,
            firstSequence: firstSequence,
            endSequence: endSequence,
            byteCount: Int64(offset),
            uuid: uuid.low
        )
    }

    /// Gives the file its name; durable once the folder is synced.
    func takeName() throws(DiskQueueError) {
        do {
            try fileSystem.rename(temporary, to: path)
        } catch {
            throw DiskQueueError(error)
        }
    }
}
