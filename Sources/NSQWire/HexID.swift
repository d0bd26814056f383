/// The text form of a message id, sixteen lower-case hex digits, eight at a time in one word.
///
/// No other text can be the id of a message in flight, since all ids are made by ``encode(_:to:)``.
package enum HexID {
    /// Bytes of an id on the wire.
    package static let byteCount = 16

    /// The 64 bits that sixteen bytes spell.
    ///
    /// `nil` unless all of them are lower-case hex digits. `bytes` has ``byteCount`` readable bytes, of any
    /// alignment.
    @inlinable
    package static func decode(_ bytes: UnsafeRawPointer) -> UInt64? {
        let left = bytes.loadUnaligned(as: UInt64.self)
        let right = (bytes + 8).loadUnaligned(as: UInt64.self)
        let high = nibbles(of: left)
        let low = nibbles(of: right)
        // Encoding what was decoded gives the same word for hex digits and for nothing else.
        guard digits(of: high) == left, digits(of: low) == right else { return nil }
        return UInt64(high) << 32 | UInt64(low)
    }

    /// Writes the sixteen digits of `id`; `bytes` has room for ``byteCount``, of any alignment.
    @inlinable
    package static func encode(_ id: UInt64, to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(
            of: digits(of: UInt32(truncatingIfNeeded: id >> 32)),
            as: UInt64.self
        )
        (bytes + 8).storeBytes(
            of: digits(of: UInt32(truncatingIfNeeded: id)),
            as: UInt64.self
        )
    }

    /// The 32 bits behind eight digits as loaded from memory; arbitrary for other bytes.
    @inlinable
    static func nibbles(of word: UInt64) -> UInt32 {
        let bytes = UInt64(bigEndian: word)
        let isLetter = (bytes >> 6) & 0x0101_0101_0101_0101
        var packed = (bytes & 0x0F0F_0F0F_0F0F_0F0F) &+ isLetter &* 9
        packed = (packed | packed >> 4) & 0x00FF_00FF_00FF_00FF
        packed = (packed | packed >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: packed | packed >> 16)
    }

    /// The eight digits of 32 bits, as a word to be stored to memory.
    @inlinable
    static func digits(of value: UInt32) -> UInt64 {
        var spread = UInt64(value)
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let isLetter = ((spread &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        let text = spread &+ 0x3030_3030_3030_3030 &+ isLetter &* 0x27
        return text.bigEndian
    }
}
