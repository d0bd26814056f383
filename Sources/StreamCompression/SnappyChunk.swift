import CChecksum

/// The framing of a snappy stream.
///
/// Source: snappy's framing format, `framing_format.txt` of its repository; `nsqd` spec 2.4.
enum SnappyChunk {
    /// Type and three bytes of length.
    static let headerBytes = 4
    static let checksumBytes = 4
    /// Plain bytes of one chunk.
    static let maximumPlainBytes = 65_536
    /// What a stream begins with; it may come again.
    static let streamIdentifier: [UInt8] = [0xff, 6, 0, 0] + Array("sNaPpY".utf8)

    static let compressed: UInt8 = 0x00
    static let uncompressed: UInt8 = 0x01
    static let identifier: UInt8 = 0xff
    /// This type and those above may be passed over.
    static let firstSkippable: UInt8 = 0x80

    /// crc32c of the plain bytes, rotated, so that the checksum of data with checksums in it is no special
    /// case.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let checksum = bytes.baseAddress.map { nsq_crc32c(0, $0, bytes.count) } ?? 0
        return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
    }
}
