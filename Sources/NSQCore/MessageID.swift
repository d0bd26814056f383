/// A message id: sixteen lower-case hex digits over a 64-bit value in the original's bit layout.
///
/// `(sequence >> 12) << 22 | node-id << 12 | sequence & 0xfff`: a topic numbers its messages densely with
/// 54 bits, so an id decodes to an index and nothing has to be looked up. Consumers treat it as opaque.
package struct MessageID: Hashable, Sendable {
    /// Bytes of an id on the wire.
    package static let byteCount = 16

    /// Largest sequence that an id can carry.
    package static let maximumSequence: UInt64 = (1 << 54) - 1

    /// The 64 bits that the hex digits spell.
    package let rawValue: UInt64

    /// Composes the id of message `sequence` (0 to ``maximumSequence``) published on node `node`.
    @inlinable
    package init(sequence: UInt64, node: NodeID) {
        rawValue =
            (sequence >> 12) << 22 | UInt64(truncatingIfNeeded: node.rawValue) << 12
            | sequence & 0xfff
    }

    /// An id from its 64 bits.
    @inlinable
    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The sequence inside the id; meaningless unless the id was made by this store.
    @inlinable
    package var sequence: UInt64 { (rawValue >> 22) << 12 | rawValue & 0xfff }

    /// The node bits inside the id.
    @inlinable
    package var nodeBits: UInt16 { UInt16(truncatingIfNeeded: (rawValue >> 12) & 0x3ff) }
}
