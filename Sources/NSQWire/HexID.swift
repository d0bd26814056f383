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
        let high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        let low = UInt64(bigEndian: (bytes + 8).loadUnaligned(as: UInt64.self))
        let highNibbles = nibbles(of: high)
        let lowNibbles = nibbles(of: low)
        // Writing what was read gives the same digits for hex digits and, as long as every nibble is one,
        // for nothing else.
        let excess = (highNibbles | lowNibbles) & 0xF0F0_F0F0_F0F0_F0F0
        guard excess == 0, digits(of: highNibbles) == high, digits(of: lowNibbles) == low else {
            return nil
        }
        return UInt64(packed(highNibbles)) << 32 | UInt64(packed(lowNibbles))
    }

    /// Writes the sixteen digits of `id`; `bytes` has room for ``byteCount``, of any alignment.
    @inlinable
    package static func encode(_ id: UInt64, to bytes: UnsafeMutableRawPointer) {
        let high = digits(of: spread(UInt32(truncatingIfNeeded: id >> 32)))
        let low = digits(of: spread(UInt32(truncatingIfNeeded: id)))
        bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        (bytes + 8).storeBytes(of: low.bigEndian, as: UInt64.self)
    }

    /// The value of each of eight digits, a byte each; arbitrary for other bytes.
    @inlinable
    static func nibbles(of digits: UInt64) -> UInt64 {
        let isLetter = (digits >> 6) & 0x0101_0101_0101_0101
        return (digits & 0x0F0F_0F0F_0F0F_0F0F) &+ isLetter &* 9
    }

    /// The digits of eight nibbles, a byte each.
    @inlinable
    static func digits(of nibbles: UInt64) -> UInt64 {
        let isLetter = ((nibbles &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ isLetter &* 0x27
    }

    /// The 32 bits of eight nibbles, a byte each.
    @inlinable
    static func packed(_ nibbles: UInt64) -> UInt32 {
        var bits = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
        bits = (bits | bits >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: bits | bits >> 16)
    }

    /// The eight nibbles of 32 bits, a byte each.
    @inlinable
    static func spread(_ bits: UInt32) -> UInt64 {
        var nibbles = UInt64(bits)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        return (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
    }
}
