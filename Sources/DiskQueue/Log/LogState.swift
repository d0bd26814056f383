private import NSQCore

/// What a topic's log guards with its lock.
struct LogState {
    let topicID: UInt64
    let topicName: String
    let folder: String
    let parent: String
    let configuration: LogConfiguration

    /// Ascending; the last one is appended to unless it is sealed.
    var segments: [Segment] = []
    /// The last segment's file, while it is written.
    var activeFile: (any File)?
    /// Sequence after the last message.
    var endSequence: UInt64
    /// Sequence of the next message; above ``endSequence`` after a jump.
    var nextSequence: UInt64
    /// What the next segment begins with.
    var roster: Roster
    var tail = Tail()

    /// Offset in the last segment up to which its file is known to be durable.
    var syncedOffset = 0
    /// Earlier segments with bytes that are not known to be durable.
    var unsyncedSealed: [UnsyncedSegment] = []
    /// Messages appended since the last sync began.
    var unsyncedMessages = 0
    /// Whether the dirty log was reported, and whether it was reported as urgent.
    var isDirty = false
    var isUrgent = false
    /// Whether the last segment's file may have part of a refused publish behind ``writeOffset``.
    var needsCut = false
    var needsFolderSync = false
    var needsParentSync = false

    /// Rises with each append and each read from a file.
    var activity: UInt64 = 0
    var isClosed = false
    /// Why the log refuses publishes, once it does.
    var poison: String?

    /// A sealed segment whose last bytes are not known to be durable.
    struct UnsyncedSegment {
        let firstSequence: UInt64
        let file: any File
        /// The offset up to which they are.
        let syncedOffset: Int
        /// The offset after its last byte.
        let end: Int
    }

    init(
        topicID: UInt64,
        topicName: String,
        folder: String,
        parent: String,
        start: UInt64,
        configuration: LogConfiguration
    ) {
        self.topicID = topicID
        self.topicName = topicName
        self.folder = folder
        self.parent = parent
        self.configuration = configuration
        endSequence = start
        nextSequence = start
        roster = Roster(heldAt: start)
    }

    /// Bytes that are not known to be durable.
    var unsyncedBytes: Int {
        unsyncedSealed.reduce(max(0, writeOffset - syncedOffset)) { $0 + $1.end - $1.syncedOffset }
    }

    /// The offset at which the next batch is written.
    var writeOffset: Int { segments.last?.dataEnd ?? 0 }

    /// Throws when the log takes nothing more.
    func checkIsWritable() throws(DiskQueueError) {
        if isClosed { throw DiskQueueError(.closed, "exiting") }
        if let poison { throw DiskQueueError(.poisoned, poison) }
    }

    /// The last segment's file, for writing at its end: opened when it was let go, cut when a failed write
    /// could not be.
    mutating func openActiveFile() throws(DiskQueueError) -> any File {
        let file = try openLastFile()
        guard needsCut else { return file }
        do {
            try file.truncate(to: writeOffset)
        } catch {
            throw DiskQueueError(error)
        }
        needsCut = false
        return file
    }

    /// The last segment's file as it is.
    mutating func openLastFile() throws(DiskQueueError) -> any File {
        if let activeFile { return activeFile }
        guard let segment = segments.last else {
            throw DiskQueueError(.io, "topic \(topicID) has no segment to write to")
        }
        do {
            let file = try configuration.fileSystem.open(segment.path, .readWrite)
            activeFile = file
            return file
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// The bytes that the segment of message `first` begins with, header and roster, and its uuid.
    func segmentStart(_ first: UInt64) -> (uuid: SegmentUUID, bytes: [UInt8]) {
        var generator = SystemRandomNumberGenerator()
        let header = SegmentHeader(
            uuid: .fresh(topicID: topicID, firstSequence: first, using: &generator),
            topicID: topicID,
            topicName: topicName,
            firstSequence: first,
            createdMilliseconds: configuration.time.wallNanoseconds / 1_000_000
        )
        let payload = ControlRecord.roster(roster).encoded()
        let batch = BatchHeader(
            payloadBytes: payload.count,
            payloadChecksum: payload.withUnsafeBytes { Checksum.crc32c($0) },
            segmentUUID: header.uuid.low,
            firstSequence: first,
            messageCount: 0,
            isControl: true,
            syncedThrough: 0
        )
        var bytes = [UInt8](
            repeating: 0,
            count: SegmentFormat.headerBytes + SegmentFormat.batchHeaderBytes
        )
        bytes.withUnsafeMutableBytes { raw in
            header.encode(into: raw)
            if let base = raw.baseAddress { batch.encode(at: base + SegmentFormat.headerBytes) }
        }
        return (header.uuid, bytes + payload)
    }

    /// Begins the segment of ``nextSequence``: header and roster in one write.
    mutating func startSegment(events: inout [LogEvent]) throws(DiskQueueError) {
        let path = "\(folder)/\(Segment.fileName(nextSequence))"
        // Whatever bears that name holds messages: it is neither replaced nor removed.
        guard !configuration.fileSystem.exists(path) else {
            throw DiskQueueError(.io, "cannot begin a segment: \(path) exists; move it away")
        }
        let (uuid, bytes) = segmentStart(nextSequence)
        let isRecycled = configuration.recycling?.take(as: path) ?? false
        do {
            let file = try configuration.fileSystem.open(path, isRecycled ? .readWrite : .createNew)
            try file.write(bytes, at: 0)
            activeFile = file
        } catch {
            // The name must be free for the next attempt.
            // SWALLOW: the first error says what is wrong; a file left behind holds no message.
            try? configuration.fileSystem.remove(path)
            throw DiskQueueError(error)
        }
        var segment = Segment(
            firstSequence: nextSequence,
            path: path,
            uuid: uuid,
            endSequence: nextSequence,
            dataEnd: bytes.count
        )
        segment.isRecycled = isRecycled
        segments.append(segment)
        syncedOffset = 0
        needsFolderSync = true
        noteWritten(bytes: bytes.count, messages: 0, events: &events)
    }

    /// Ends the last segment with a seal, cuts what an earlier use of the file left behind it, and
    /// begins the next one.
    ///
    /// A seal that cannot be written is left out: start-up then reads the segment's headers.
    mutating func roll(events: inout [LogEvent]) throws(DiskQueueError) {
        let file = try openActiveFile()
        let last = segments.count - 1
        let sealOffset = segments[last].dataEnd
        let seal = SegmentSeal(
            endSequence: segments[last].endSequence,
            deferredCount: segments[last].deferredCount,
            sealOffset: UInt64(sealOffset)
        )
        let payload = ControlRecord.seal(seal).encoded()
        let bytes = batchBytes(control: payload, in: segments[last])
        do {
            try file.write(bytes, at: sealOffset)
            segments[last].dataEnd += bytes.count
            if segments[last].isRecycled { try file.truncate(to: segments[last].dataEnd) }
        } catch {
            throw DiskQueueError(error)
        }
        let previousSynced = syncedOffset
        let sealed = segments[last]
        try startSegment(events: &events)
        segments[last].isSealed = true
        unsyncedSealed.append(
            UnsyncedSegment(
                firstSequence: sealed.firstSequence,
                file: file,
                syncedOffset: previousSynced,
                end: sealed.dataEnd
            )
        )
        events.append(
            .sealed(
                SegmentRecord(
                    topicID: topicID,
                    firstSequence: sealed.firstSequence,
                    endSequence: sealed.endSequence,
                    byteCount: Int64(sealed.dataEnd),
                    uuid: sealed.uuid.low
                )
            )
        )
    }

    /// A control batch for `segment`, header and payload.
    func batchBytes(control payload: [UInt8], in segment: Segment) -> [UInt8] {
        let header = BatchHeader(
            payloadBytes: payload.count,
            payloadChecksum: payload.withUnsafeBytes { Checksum.crc32c($0) },
            segmentUUID: segment.uuid.low,
            firstSequence: segment.endSequence,
            messageCount: 0,
            isControl: true,
            syncedThrough: syncedOffset
        )
        var bytes = [UInt8](repeating: 0, count: SegmentFormat.batchHeaderBytes)
        bytes.withUnsafeMutableBytes { raw in
            if let base = raw.baseAddress { header.encode(at: base) }
        }
        return bytes + payload
    }

    /// Counts bytes that a power loss could take, and reports a log that became dirty or urgent.
    mutating func noteWritten(bytes: Int, messages: Int, events: inout [LogEvent]) {
        activity &+= 1
        unsyncedMessages += messages
        let isNowUrgent =
            unsyncedMessages >= configuration.syncEvery
            || unsyncedBytes >= configuration.syncBytes
        guard !isDirty || (isNowUrgent && !isUrgent) else { return }
        isDirty = true
        isUrgent = isNowUrgent
        events.append(.dirtied(isUrgent: isNowUrgent))
    }
}
