/// What a segment file holds, found by walking its batches.
///
/// Reads only.
struct SegmentScan {
    /// Offset after the last valid batch.
    var dataEnd = SegmentFormat.headerBytes
    /// Sequence after the last message.
    var endSequence: UInt64
    /// The last roster in the segment.
    var roster: Roster?
    /// Where the last roster stands.
    private var rosterOffset = 0
    /// Whether the last record is a seal.
    var isSealed = false
    /// Deferred batches, in the order of the log.
    var deferred: [DeferredBatch] = []
    /// Ranges of bytes between valid batches that hold none.
    var damage: [Range<Int>] = []
    /// Sequences that these ranges held.
    var holes: [Range<UInt64>] = []
    /// Largest offset that a later batch says was durable.
    var syncedThrough = 0
    /// Bytes of a batch of ours behind ``dataEnd`` that is not whole: a torn tail.
    var tornBytes = 0
    var index = SegmentIndex()

    /// Whether a later roster may be among what is damaged.
    var mayLackRoster: Bool { damage.contains { $0.lowerBound > rosterOffset } }

    /// Whether a damaged range had been durable, so that a crash cannot explain it.
    func wasDurable(_ range: Range<Int>) -> Bool { range.upperBound <= syncedThrough }

    /// Walks the whole file.
    ///
    /// `bound`: sequence at which the next segment begins; what lies at or above it here was moved there.
    /// `verifiesPayloads`: whether checksums of messages are computed; a clean stop needs no such proof. Those of
    /// rosters and seals always are.
    init(
        file: any File,
        uuid: UInt64,
        firstSequence: UInt64,
        bound: UInt64,
        verifiesPayloads: Bool,
        checks: RecoveryChecks
    ) throws(DiskQueueError) {
        endSequence = firstSequence
        let size: Int
        do { size = try file.size() } catch { throw DiskQueueError(error) }
        let checks = verifiesPayloads ? checks : checks.subtracting(.payloadChecksum)
        let reader = BatchReader(file: file, uuid: uuid, checks: checks)
        var offset = SegmentFormat.headerBytes
        var expected = firstSequence
        while offset < size {
            let window = try Window(reader: reader, at: offset, limit: size)
            var at = 0
            while let header = window.validBatch(at: at, reader: reader),
                header.firstSequence >= expected, header.endSequence <= bound
            {
                note(header, payload: window.payload(of: header, at: at), offset: offset + at)
                at += header.totalBytes
                expected = header.endSequence
            }
            offset += at
            dataEnd = max(dataEnd, at > 0 ? offset : dataEnd)
            if at > 0 { continue }
            let next = try nextBatch(
                behind: offset,
                expecting: expected,
                below: bound,
                size: size,
                reader: reader
            )
            guard let next, checks.contains(.damageIsNotTail) else {
                tornBytes = window.tornBytes(expecting: expected, reader: reader)
                return
            }
            damage.append(offset..<next.offset)
            if next.sequence > expected { holes.append(expected..<next.sequence) }
            offset = next.offset
        }
    }

    private mutating func note(
        _ header: BatchHeader,
        payload: UnsafeRawBufferPointer,
        offset: Int
    ) {
        syncedThrough = max(syncedThrough, header.syncedThrough)
        endSequence = header.endSequence
        isSealed = false
        if header.isControl {
            switch ControlRecord(decoding: payload) {
            case .roster(let roster):
                self.roster = roster
                rosterOffset = offset
            case .seal: isSealed = true
            case nil: break
            }
            return
        }
        index.note(sequence: header.firstSequence, offset: offset)
        if header.deferredUntil != 0 { deferred.append(DeferredBatch(header)) }
    }

    /// The next whole, valid batch that continues the log, however far behind.
    private func nextBatch(
        behind offset: Int,
        expecting expected: UInt64,
        below bound: UInt64,
        size: Int,
        reader: BatchReader
    ) throws(DiskQueueError) -> (offset: Int, sequence: UInt64)? {
        var from = offset
        while true {
            let next = try reader.resync(after: from, limit: size)
            guard next < size else { return nil }
            let window = try Window(reader: reader, at: next, limit: size)
            if let header = window.validBatch(at: 0, reader: reader),
                header.firstSequence >= expected, header.endSequence <= bound
            {
                return (next, header.firstSequence)
            }
            from = next
        }
    }

    /// Bytes of the file in memory: one read, or one whole batch when that is longer.
    private struct Window {
        private let buffer: ReadBuffer
        private let bytes: UnsafeRawBufferPointer

        init(reader: BatchReader, at offset: Int, limit: Int) throws(DiskQueueError) {
            var buffer = ReadBuffer(minimum: min(ReadBuffer.pooledBytes, limit - offset))
            var got = try reader.fill(buffer, from: offset, limit: limit)
            let first = UnsafeRawBufferPointer(start: buffer.base, count: got)
            if let header = reader.header(in: first, at: 0), header.totalBytes > got,
                header.totalBytes <= limit - offset
            {
                buffer = ReadBuffer(minimum: header.totalBytes)
                got = try reader.fill(buffer, from: offset, limit: limit)
            }
            self.buffer = buffer
            bytes = UnsafeRawBufferPointer(start: buffer.base, count: got)
        }

        func validBatch(at offset: Int, reader: BatchReader) -> BatchHeader? {
            guard let header = reader.header(in: bytes, at: offset),
                header.totalBytes <= bytes.count - offset,
                reader.isIntact(payload(of: header, at: offset), header)
            else { return nil }
            return header
        }

        func payload(of header: BatchHeader, at offset: Int) -> UnsafeRawBufferPointer {
            let start = offset + SegmentFormat.batchHeaderBytes
            return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + header.payloadBytes)])
        }

        /// Bytes of a batch of ours that begins here and is not whole.
        ///
        /// Behind the end of a recycled file stand batches of an earlier use, which are none of ours.
        func tornBytes(expecting sequence: UInt64, reader: BatchReader) -> Int {
            if let header = reader.header(in: bytes, at: 0) {
                return min(header.totalBytes, bytes.count)
            }
            let isOurs = BatchHeader.isDamaged(
                bytes,
                segmentUUID: reader.uuid,
                firstSequence: sequence
            )
            return isOurs ? bytes.count : 0
        }
    }
}

/// Messages that were published with a delay.
package struct DeferredBatch: Sendable, Equatable {
    /// The messages.
    package var sequences: Range<UInt64>
    /// When they are due, milliseconds since the Unix epoch.
    package var untilMilliseconds: UInt64
    /// The delay asked for, milliseconds.
    package var delayMilliseconds: UInt64

    /// Composes a batch.
    package init(
        sequences: Range<UInt64>,
        untilMilliseconds: UInt64,
        delayMilliseconds: UInt64
    ) {
        self.sequences = sequences
        self.untilMilliseconds = untilMilliseconds
        self.delayMilliseconds = delayMilliseconds
    }

    init(_ header: BatchHeader) {
        sequences = header.firstSequence..<header.endSequence
        untilMilliseconds = header.deferredUntil
        delayMilliseconds = header.delay
    }
}
