#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The two libc searches that line parsing rests on; they beat any loop over single bytes.
enum ByteSearch {
    /// The index of the first `byte` among the first `limit` bytes of `bytes`.
    static func firstIndex(
        of byte: UInt8,
        in bytes: UnsafeRawBufferPointer,
        limit: Int
    ) -> Int? {
        guard let base = bytes.baseAddress, limit > 0 else { return nil }
        guard let found = memchr(base, Int32(byte), min(limit, bytes.count)) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Whether both hold the same bytes.
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return memcmp(first, second, left.count) == 0
    }
}
