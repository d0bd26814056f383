extension TopicInspection {
    /// Hands over the messages at or behind `sequence` in the order in which they were published.
    ///
    /// Every checksum is verified on the way. Memory: one batch, or 256 KiB where batches are shorter.
    ///
    /// - Parameters:
    ///   - sequence: where to begin.
    ///   - damaged: told of each range of bytes that is left out: path, range, reason.
    ///   - body: gets a message whose body lives as long as the call; `false` ends the walk.
    /// - Throws: `.io`, and what `body` throws.
    package func forEachMessage(
        from sequence: UInt64 = 0,
        damaged: (_ path: String, _ range: Range<Int>, _ reason: String) -> Void = { _, _, _ in },
        _ body: (StoredMessage) throws -> Bool
    ) throws {
        for segment in segments where segment.endSequence > sequence {
            let file: any File
            do throws(FileSystemError) {
                file = try fileSystem.open(segment.path, .readOnly)
            } catch {
                // A running daemon removed it: all of its messages were finished.
                if ErrorNumber.isMissing(error.errno) { continue }
                throw DiskQueueError(error)
            }
            let reader = BatchReader(file: file, uuid: segment.uuid.low, checks: .all)
            var place = LogPosition(
                segment: segment.firstSequence,
                use: segment.uuid.low,
                offset: try start(of: sequence, in: segment, reader)
            )
            while place.offset < segment.dataEnd {
                let outcome = try reader.read(at: place, limit: segment.dataEnd)
                for flaw in outcome.flaws { damaged(segment.path, flaw.range, flaw.reason) }
                guard let chunk = outcome.chunk else { break }
                var batches = BatchCursor(chunk)
                while let (header, payload, offset) = batches.next() {
                    guard !header.isControl, header.endSequence > sequence else { continue }
                    let frames = FrameCursor(header, payload, segment, offset: offset)
                    guard try frames.forEach(from: sequence, damaged: damaged, body) else { return }
                }
                place = chunk.end
            }
        }
    }

    /// The offset of the batch that holds `sequence`, or of the first one behind it.
    private func start(
        of sequence: UInt64,
        in segment: Segment,
        _ reader: BatchReader
    ) throws(DiskQueueError) -> Int {
        guard sequence > segment.firstSequence else { return SegmentFormat.headerBytes }
        var index = SegmentIndex()
        return try reader.seek(
            sequence,
            from: segment.index.offset(before: sequence) ?? SegmentFormat.headerBytes,
            limit: segment.dataEnd,
            noting: &index
        )
    }
}

/// Cuts a batch into its messages.
private struct FrameCursor {
    private let header: BatchHeader
    private let payload: UnsafeRawBufferPointer
    private let segment: Segment
    private let offset: Int

    init(
        _ header: BatchHeader,
        _ payload: UnsafeRawBufferPointer,
        _ segment: Segment,
        offset: Int
    ) {
        self.header = header
        self.payload = payload
        self.segment = segment
        self.offset = offset
    }

    /// Hands over the messages from `sequence` on; `false` when `body` wants no more.
    func forEach(
        from sequence: UInt64,
        damaged: (String, Range<Int>, String) -> Void,
        _ body: (StoredMessage) throws -> Bool
    ) throws -> Bool {
        let deferral = header.deferredUntil == 0 ? nil : DeferredBatch(header)
        var at = 0
        for number in header.firstSequence..<header.endSequence {
            guard let frame = FrameView(payload, at: at) else {
                // The checksum held, so it was written like this: by no nsqd.
                let range = offset + at..<offset + payload.count
                damaged(segment.path, range, "a batch holds fewer messages than it says")
                return true
            }
            at += frame.byteCount
            guard number >= sequence else { continue }
            let message = StoredMessage(
                sequence: number,
                id: frame.id,
                timestamp: frame.timestamp,
                deferral: deferral,
                body: frame.body,
                segment: segment.firstSequence,
                offset: offset + at - frame.byteCount
            )
            guard try body(message) else { return false }
        }
        return true
    }
}
