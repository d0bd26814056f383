/// Walks the batches of a chunk, all of which were verified.
struct BatchCursor {
    private let chunk: LogChunk
    private var at = 0

    init(_ chunk: LogChunk) { self.chunk = chunk }

    /// The next header, its payload, and the payload's offset in the file.
    mutating func next() -> (BatchHeader, UnsafeRawBufferPointer, Int)? {
        let rest = UnsafeRawBufferPointer(start: chunk.base + at, count: chunk.count - at)
        guard rest.count >= SegmentFormat.batchHeaderBytes else { return nil }
        let header = BatchHeader(trusting: rest)
        let payload = UnsafeRawBufferPointer(
            rebasing: rest[SegmentFormat.batchHeaderBytes..<header.totalBytes]
        )
        defer { at += header.totalBytes }
        return (header, payload, chunk.start.offset + at + SegmentFormat.batchHeaderBytes)
    }
}
