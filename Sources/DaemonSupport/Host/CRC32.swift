/// The CRC-32 of IEEE 802.3 (reflected polynomial 0xedb88320), for the default node id only.
package enum CRC32 {
    /// The checksum of `bytes`.
    package static func checksum(of bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { register, byte in
            table[Int((register ^ UInt32(byte)) & 0xff)] ^ (register >> 8)
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { register, _ in
            (register & 1 == 0 ? 0 : 0xedb8_8320) ^ (register >> 1)
        }
    }
}
