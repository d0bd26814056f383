/// The bodies of one checked MPUB, in place: each is a 4-byte big-endian size and that many bytes.
///
/// ``MultiPublishCheck`` makes it only after every size was found to lie within the input, so walking it needs
/// no check. The pointers hold only as long as that input. Source: `nsqd` spec 1.8.
package struct MessageBodies: Sequence {
    /// Number of bodies, at least 1.
    package let count: Int

    @usableFromInline
    let start: UnsafeRawPointer

    init(start: UnsafeRawPointer, count: Int) {
        self.start = start
        self.count = count
    }

    /// Walks the bodies in the order in which they were sent.
    package struct Iterator: IteratorProtocol {
        @usableFromInline
        var cursor: UnsafeRawPointer

        @usableFromInline
        var remaining: Int

        @inlinable
        init(cursor: UnsafeRawPointer, remaining: Int) {
            self.cursor = cursor
            self.remaining = remaining
        }

        /// The next body; `nil` after the last.
        @inlinable
        package mutating func next() -> UnsafeRawBufferPointer? {
            guard remaining > 0 else { return nil }
            let size = Int(UInt32(bigEndian: cursor.loadUnaligned(as: UInt32.self)))
            let body = UnsafeRawBufferPointer(start: cursor + 4, count: size)
            cursor += 4 &+ size
            remaining &-= 1
            return body
        }
    }

    /// Exactly ``count``, so that an array takes them all without asking again for room.
    @inlinable
    package var underestimatedCount: Int { count }

    /// Starts at the first body.
    @inlinable
    package func makeIterator() -> Iterator {
        Iterator(cursor: start, remaining: count)
    }
}
