private import CChecksum

/// CRC-32C over raw bytes.
package enum Checksum {
    /// The sum of `bytes`, continuing `start`; 0 starts a new sum.
    package static func crc32c(
        _ bytes: UnsafeRawBufferPointer,
        continuing start: UInt32 = 0
    ) -> UInt32 {
        guard let base = bytes.baseAddress else { return start }
        return nsq_crc32c(start, base, bytes.count)
    }
}
