/// A run of whole batches in memory, verified, headers included: what a channel reads from.
///
/// Either a view into a topic's in-memory tail or a copy read from its file. The bytes never change while the
/// chunk lives.
///
/// SAFETY: `@unchecked Sendable` because `base` points at memory that nobody writes again: the tail only
/// grows behind the part that a chunk shows, and a buffer read from disk belongs to its chunk alone.
package final class LogChunk: @unchecked Sendable {
    /// The first byte, that of a batch header.
    package let base: UnsafeRawPointer
    /// Bytes in the chunk.
    package let count: Int
    /// Where the first byte stands in the log.
    package let start: LogPosition

    private enum Memory {
        case tail(TailBuffer)
        case pooled(ReadBuffer)
    }

    private let memory: Memory

    /// Shows `count` bytes of a tail buffer from `offset` on.
    init(tail: TailBuffer, offset: Int, count: Int, start: LogPosition) {
        base = UnsafeRawPointer(tail.base + offset)
        self.count = count
        self.start = start
        memory = .tail(tail)
    }

    /// Takes over the bytes of `buffer` from `offset` on.
    init(buffer: ReadBuffer, offset: Int, count: Int, start: LogPosition) {
        base = UnsafeRawPointer(buffer.base + offset)
        self.count = count
        self.start = start
        memory = .pooled(buffer)
    }

    private init(_ chunk: LogChunk, from offset: Int) {
        base = chunk.base + offset
        count = chunk.count - offset
        start = LogPosition(
            segment: chunk.start.segment,
            use: chunk.start.use,
            offset: chunk.start.offset + offset
        )
        memory = chunk.memory
    }

    /// The chunk from the batch at `position` on; `nil` when it does not reach there.
    func suffix(from position: LogPosition) -> LogChunk? {
        let offset = position.offset - start.offset
        guard position.segment == start.segment, position.use == start.use, offset >= 0,
            offset < count
        else { return nil }
        return offset == 0 ? self : LogChunk(self, from: offset)
    }

    /// Where the byte after the last one stands in the log.
    package var end: LogPosition {
        LogPosition(segment: start.segment, use: start.use, offset: start.offset + count)
    }
}
