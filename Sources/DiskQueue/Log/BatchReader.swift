private import Glibc

/// Reads verified batches from one segment file.
struct BatchReader {
    let file: any File
    let uuid: UInt64
    let checks: RecoveryChecks

    /// A range that holds no readable batch.
    struct Flaw {
        var range: Range<Int>
        var reason: String
    }

    /// What a read gave.
    struct Outcome {
        var chunk: LogChunk?
        var flaws: [Flaw] = []
    }

    /// Reads whole batches from `place` on, below the offset `limit`; passes over damage to the next batch.
    func read(at place: LogPosition, limit: Int) throws(DiskQueueError) -> Outcome {
        var outcome = Outcome()
        var offset = place.offset
        var want = ReadBuffer.pooledBytes
        while offset < limit {
            let buffer = ReadBuffer(minimum: min(want, limit - offset))
            let got = try fill(buffer, from: offset, limit: limit)
            let bytes = UnsafeRawBufferPointer(start: buffer.base, count: got)
            let end = validPrefix(bytes)
            if end > 0 {
                let start = LogPosition(segment: place.segment, use: uuid, offset: offset)
                outcome.chunk = LogChunk(buffer: buffer, offset: 0, count: end, start: start)
                return outcome
            }
            if let header = header(in: bytes, at: 0), header.totalBytes > got,
                header.totalBytes <= limit - offset, got == min(want, limit - offset)
            {
                want = header.totalBytes
                continue
            }
            let next = try resync(after: offset, limit: limit)
            outcome.flaws.append(
                Flaw(range: offset..<next, reason: "a batch is damaged; its messages are left out")
            )
            offset = next
            want = ReadBuffer.pooledBytes
        }
        return outcome
    }

    /// The offset of the batch that holds message `sequence`, or of the first one behind it.
    func seek(
        _ sequence: UInt64,
        from start: Int,
        limit: Int,
        noting index: inout SegmentIndex
    ) throws(DiskQueueError) -> Int {
        var walker = HeaderWalker(reader: self, offset: start, limit: limit)
        while let (offset, header) = try walker.next() {
            if !header.isControl {
                index.note(sequence: header.firstSequence, offset: offset)
                if header.endSequence > sequence { return offset }
            }
        }
        return limit
    }

    /// The header at `offset` of `bytes` when it is one of this segment's.
    func header(in bytes: UnsafeRawBufferPointer, at offset: Int) -> BatchHeader? {
        guard offset <= bytes.count,
            let header = BatchHeader(decoding: UnsafeRawBufferPointer(rebasing: bytes[offset...])),
            header.segmentUUID == uuid || !checks.contains(.segmentIdentity)
        else { return nil }
        return header
    }

    /// Bytes of the whole, verified batches that `bytes` begin with.
    private func validPrefix(_ bytes: UnsafeRawBufferPointer) -> Int {
        var offset = 0
        while let header = header(in: bytes, at: offset), header.totalBytes <= bytes.count - offset
        {
            let payload = bytes[
                (offset + SegmentFormat.batchHeaderBytes)..<(offset + header.totalBytes)
            ]
            guard isIntact(UnsafeRawBufferPointer(rebasing: payload), header) else { break }
            offset += header.totalBytes
        }
        return offset
    }

    /// Whether a payload is what its header says; control records are never believed unseen.
    func isIntact(_ payload: UnsafeRawBufferPointer, _ header: BatchHeader) -> Bool {
        !(checks.contains(.payloadChecksum) || header.isControl)
            || Checksum.crc32c(payload) == header.payloadChecksum
    }

    /// Fills `buffer` from `offset` on, once more when the first read fails.
    func fill(_ buffer: ReadBuffer, from offset: Int, limit: Int) throws(DiskQueueError) -> Int {
        let target = UnsafeMutableRawBufferPointer(
            start: buffer.base,
            count: min(buffer.capacity, limit - offset)
        )
        do {
            return try file.read(into: target, at: offset)
        } catch {
            do { return try file.read(into: target, at: offset) } catch {
                throw DiskQueueError(error)
            }
        }
    }

    /// The offset of the next valid header behind `offset` with a valid payload; `limit` when there is none.
    func resync(after offset: Int, limit: Int) throws(DiskQueueError) -> Int {
        let buffer = ReadBuffer(minimum: ReadBuffer.pooledBytes)
        var base = offset + 1
        while base < limit {
            let got = try fill(buffer, from: base, limit: limit)
            guard got >= SegmentFormat.batchHeaderBytes else { return limit }
            let bytes = UnsafeRawBufferPointer(start: buffer.base, count: got)
            var at = 0
            while let found = Self.magic(in: bytes, from: at) {
                at = found
                if let header = header(in: bytes, at: at), header.totalBytes <= limit - base - at {
                    return base + at
                }
                at += 1
            }
            base += got - SegmentFormat.batchHeaderBytes + 1
        }
        return limit
    }
}

extension BatchReader {
    /// Where the next bytes stand that a batch header begins with, and a whole header has room.
    private static func magic(in bytes: UnsafeRawBufferPointer, from offset: Int) -> Int? {
        let end = bytes.count - SegmentFormat.batchHeaderBytes + 1
        var at = offset
        while at < end {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[at..<end])
            // One pass of the C library over what holds nothing: a file may be a large hole.
            guard let base = rest.baseAddress,
                let first = memchr(base, Int32(SegmentFormat.batchMagic & 0xff), rest.count)
            else { return nil }
            at += UnsafeRawPointer(first) - base
            let word = UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
            )
            if word == SegmentFormat.batchMagic { return at }
            at += 1
        }
        return nil
    }
}

/// Walks the batch headers of a segment without reading the payloads of long batches.
struct HeaderWalker {
    private let reader: BatchReader
    private let limit: Int
    private let buffer = ReadBuffer(minimum: ReadBuffer.pooledBytes)
    private var windowStart = 0
    private var windowCount = 0
    private var offset: Int

    init(reader: BatchReader, offset: Int, limit: Int) {
        self.reader = reader
        self.offset = offset
        self.limit = limit
    }

    /// The next header and its offset; `nil` at the limit.
    ///
    /// Damage is passed over.
    mutating func next() throws(DiskQueueError) -> (offset: Int, header: BatchHeader)? {
        while limit - offset >= SegmentFormat.batchHeaderBytes {
            if offset < windowStart
                || offset + SegmentFormat.batchHeaderBytes > windowStart + windowCount
            {
                windowStart = offset
                windowCount = try reader.fill(buffer, from: offset, limit: limit)
                guard windowCount >= SegmentFormat.batchHeaderBytes else { return nil }
            }
            let window = UnsafeRawBufferPointer(start: buffer.base, count: windowCount)
            if let header = reader.header(in: window, at: offset - windowStart) {
                let found = offset
                offset += header.totalBytes
                return (found, header)
            }
            offset = try reader.resync(after: offset, limit: limit)
            windowCount = 0
        }
        return nil
    }
}
