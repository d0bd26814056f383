/// The 4-byte big-endian size and count fields of commands, which are signed.
///
/// Source: `nsqd` spec 1.2.
enum WireSize {
    /// Bytes of a field.
    static let byteCount = 4

    /// The field at `offset`; `nil` when not all of it is there.
    static func read(_ input: UnsafeRawBufferPointer, at offset: Int) -> Int32? {
        guard input.count - offset >= byteCount else { return nil }
        return Int32(bigEndian: input.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }
}
