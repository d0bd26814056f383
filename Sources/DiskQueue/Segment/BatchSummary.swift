/// The few fields of a verified batch header that a channel's delivery needs.
///
/// Read in place and without checks: chunks hold verified batches only.
package struct BatchSummary {
    /// Sequence of the first message.
    package let firstSequence: UInt64
    /// Messages in the batch; 0 for a control batch.
    package let messageCount: Int
    /// Bytes of header and payload.
    package let totalBytes: Int

    /// Sequence after the last message.
    package var endSequence: UInt64 { firstSequence &+ UInt64(messageCount) }

    /// Reads the header at `base`, where a chunk has at least 64 bytes.
    @inlinable
    package init(at base: UnsafeRawPointer) {
        let payload = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        totalBytes = 64 &+ Int(payload)
        firstSequence = UInt64(
            littleEndian: base.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        )
        messageCount = Int(
            UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 32, as: UInt32.self))
        )
    }
}
