/// Tells one use of a file from every other: what a recycled file held before is not taken for its own.
package struct SegmentUUID: Hashable, Sendable {
    /// The half that batch headers repeat: the segment's mark above, random bits below; odd.
    package var low: UInt64
    /// The other half, random.
    package var high: UInt64

    /// Draws a fresh one for the segment of topic `topicID` that begins with message `firstSequence`.
    package static func fresh(
        topicID: UInt64,
        firstSequence: UInt64,
        using generator: inout some RandomNumberGenerator
    ) -> SegmentUUID {
        let mark = UInt64(mark(topicID: topicID, firstSequence: firstSequence))
        return SegmentUUID(
            low: mark << 32 | generator.next() & 0xffff_ffff | 1,
            high: generator.next()
        )
    }

    /// Whether `low`, from a batch header, belongs to that segment: what finds the batches of a segment whose
    /// header is lost.
    static func isLow(_ low: UInt64, ofTopic topicID: UInt64, firstSequence: UInt64) -> Bool {
        low >> 32 == UInt64(mark(topicID: topicID, firstSequence: firstSequence)) && low & 1 == 1
    }

    /// The CRC-32C of topic and first sequence, little-endian.
    private static func mark(topicID: UInt64, firstSequence: UInt64) -> UInt32 {
        withUnsafeBytes(of: (topicID.littleEndian, firstSequence.littleEndian)) {
            Checksum.crc32c($0)
        }
    }

    /// Composes one from its halves.
    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }
}
