/// Reads single facts out of segment files without an open log.
enum SegmentWalk {
    /// The deferred batches that hold messages at or above `sequence`.
    static func deferredBatches(
        of segments: [Segment],
        from sequence: UInt64,
        in fileSystem: any FileSystem
    ) throws(DiskQueueError) -> [DeferredBatch] {
        var batches: [DeferredBatch] = []
        for segment in segments where segment.deferredCount > 0 && segment.endSequence > sequence {
            var walker = try walker(segment, from: SegmentFormat.headerBytes, fileSystem)
            while let (_, header) = try walker.next() {
                if header.deferredUntil != 0, header.endSequence > sequence {
                    batches.append(DeferredBatch(header))
                }
            }
        }
        return batches
    }

    /// Hands over the header of every batch.
    static func forEachHeader(
        of segment: Segment,
        in fileSystem: any FileSystem,
        _ body: (BatchHeader) -> Void
    ) throws(DiskQueueError) {
        // A running daemon removed it.
        guard fileSystem.exists(segment.path) else { return }
        var walker = try walker(segment, from: SegmentFormat.headerBytes, fileSystem)
        while let (_, header) = try walker.next() { body(header) }
    }

    /// When message `sequence`, or the first one behind it, was published: nanoseconds since the Unix epoch.
    static func timestamp(
        of sequence: UInt64,
        segments: [Segment],
        in fileSystem: any FileSystem
    ) throws(DiskQueueError) -> Int64? {
        for segment in segments where segment.endSequence > sequence {
            let start = segment.index.offset(before: sequence) ?? SegmentFormat.headerBytes
            // A running daemon removed it.
            guard fileSystem.exists(segment.path) else { continue }
            var walker = try walker(segment, from: start, fileSystem)
            while let (offset, header) = try walker.next() {
                guard !header.isControl, header.endSequence > sequence else { continue }
                let skipped = sequence > header.firstSequence ? sequence - header.firstSequence : 0
                return try timestamp(skipping: skipped, header, at: offset, of: segment, fileSystem)
            }
        }
        return nil
    }

    private static func timestamp(
        skipping count: UInt64,
        _ header: BatchHeader,
        at offset: Int,
        of segment: Segment,
        _ fileSystem: any FileSystem
    ) throws(DiskQueueError) -> Int64? {
        var at = offset + SegmentFormat.batchHeaderBytes
        let end = offset + header.totalBytes
        do {
            let file = try fileSystem.open(segment.path, .readOnly)
            for skipped in 0... {
                let head = try file.read(SegmentFormat.messageHeaderBytes, at: at)
                guard head.count == SegmentFormat.messageHeaderBytes, at < end else { return nil }
                let (size, time) = head.withUnsafeBytes { bytes in
                    (
                        UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)),
                        Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
                    )
                }
                if UInt64(skipped) == count { return time }
                at += 4 + Int(size)
            }
            return nil
        } catch {
            throw DiskQueueError(error)
        }
    }

    private static func walker(
        _ segment: Segment,
        from offset: Int,
        _ fileSystem: any FileSystem
    ) throws(DiskQueueError) -> HeaderWalker {
        do {
            let file = try fileSystem.open(segment.path, .readOnly)
            let reader = BatchReader(file: file, uuid: segment.uuid.low, checks: .all)
            return HeaderWalker(reader: reader, offset: offset, limit: segment.dataEnd)
        } catch {
            throw DiskQueueError(error)
        }
    }
}
