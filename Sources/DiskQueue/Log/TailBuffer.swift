/// One buffer of a topic's in-memory tail: the bytes of one segment from `start` on.
///
/// SAFETY: `@unchecked Sendable` because the fields are read and written under the log's lock only, and
/// bytes below `count` are never written again while a chunk refers to the buffer.
final class TailBuffer: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let capacity: Int
    /// The segment that the bytes stand in.
    var segment: UInt64 = 0
    /// Offset in the segment of the first byte.
    var start = 0
    /// Bytes that were written and may be read.
    var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        // SAFETY: freed in deinit; chunks hold the buffer, so it outlives their reads.
        base = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { base.deallocate() }
}

/// The last bytes written to a topic, so that consumers who keep up never touch the file.
///
/// Two buffers take turns. They begin small and double while the topic is busy, because ten thousand topics
/// are ordinary and most of them are quiet.
struct Tail {
    /// Capacity of the first buffer, bytes.
    static let firstCapacity = 16 * 1024
    /// Largest capacity of a buffer, bytes; a larger append goes past the tail.
    static let largestCapacity = 512 * 1024

    private var current: TailBuffer?
    private var previous: TailBuffer?
    private var nextCapacity = firstCapacity

    /// Memory for `count` bytes that will stand at `offset` of `segment`; `nil` when they are too many.
    mutating func reserve(_ count: Int, segment: UInt64, offset: Int) -> UnsafeMutableRawPointer? {
        guard count <= Self.largestCapacity else { return nil }
        if let buffer = current, buffer.segment == segment, buffer.start + buffer.count == offset,
            buffer.count + count <= buffer.capacity
        {
            return buffer.base + buffer.count
        }
        return rotate(count, segment: segment, offset: offset).base
    }

    /// Makes the `count` bytes that were reserved last readable.
    mutating func commit(_ count: Int) { current?.count += count }

    /// Forgets everything: the topic is quiet, or its bytes moved.
    mutating func clear() {
        current = nil
        previous = nil
        nextCapacity = Self.firstCapacity
    }

    /// The buffer that holds the byte at `position`, and where in it.
    func find(_ position: LogPosition) -> (buffer: TailBuffer, offset: Int)? {
        for case let buffer? in [current, previous] {
            let offset = position.offset - buffer.start
            if buffer.segment == position.segment, offset >= 0, offset < buffer.count {
                return (buffer, offset)
            }
        }
        return nil
    }

    private mutating func rotate(_ count: Int, segment: UInt64, offset: Int) -> TailBuffer {
        if let buffer = current, buffer.count > buffer.capacity / 2 {
            nextCapacity = min(Self.largestCapacity, nextCapacity * 2)
        }
        while nextCapacity < count { nextCapacity *= 2 }
        // A buffer that no chunk shows any more is used again: fresh memory costs a page fault a page.
        let isReusable =
            isKnownUniquelyReferenced(&previous) && previous?.capacity == nextCapacity
        let spare = isReusable ? previous : nil
        previous = current
        let buffer = spare ?? TailBuffer(capacity: nextCapacity)
        buffer.segment = segment
        buffer.start = offset
        buffer.count = 0
        current = buffer
        return buffer
    }
}
