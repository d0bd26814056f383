private import Glibc

/// The bytes of a file in memory, in chunks of fixed size: growing never moves what is there, and
/// a part that was never written takes no memory and reads as zeros.
///
/// Bytes of a chunk past the end of the file are always zero.
struct ChunkedBytes: ~Copyable {
    private static let chunkByteCount = 16 * 1_024
    private static let maximumByteCount = 1 << 36

    private var chunks: [UnsafeMutableRawPointer?] = []

    /// The size in bytes.
    private(set) var size = 0

    deinit {
        for chunk in chunks { free(chunk) }
    }

    /// Copies all of `source` to `offset`.
    ///
    /// - Returns: 0, or the error number; a prefix of `source` may then have been written.
    mutating func write(_ source: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
        guard let start = source.baseAddress, !source.isEmpty else { return 0 }
        let failure = reserve(offset, source.count)
        if failure != 0 { return failure }
        var done = 0
        while done < source.count {
            let (index, within) = (offset + done).quotientAndRemainder(
                dividingBy: Self.chunkByteCount
            )
            let count = min(source.count - done, Self.chunkByteCount - within)
            // Memory plays the disk here, so running out of it is a full disk.
            guard let chunk = chunks[index] ?? calloc(1, Self.chunkByteCount) else { return ENOSPC }
            chunks[index] = chunk
            // SAFETY: `within + count` stays inside the chunk and `done + count` inside `source`,
            // and the caller's lock keeps every other access away.
            memcpy(chunk + within, start + done, count)
            done += count
            size = max(size, offset + done)
        }
        return 0
    }

    /// Copies up to `target.count` bytes from `offset`; fewer only at the end of the file.
    ///
    /// - Returns: how many bytes were copied.
    borrowing func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        guard let start = target.baseAddress, offset >= 0, offset < size else { return 0 }
        let total = min(target.count, size - offset)
        var done = 0
        while done < total {
            let (index, within) = (offset + done).quotientAndRemainder(
                dividingBy: Self.chunkByteCount
            )
            let count = min(total - done, Self.chunkByteCount - within)
            // SAFETY: `within + count` stays inside the chunk and `done + count` inside `target`,
            // and the caller's lock keeps writers away.
            if let chunk = chunks[index] {
                memcpy(start + done, chunk + within, count)
            } else {
                memset(start + done, 0, count)
            }
            done += count
        }
        return total
    }

    /// Cuts or extends the file; the memory of what is cut is given back.
    ///
    /// - Returns: 0, or the error number.
    mutating func truncate(to newSize: Int) -> Int32 {
        if newSize >= size {
            let failure = reserve(0, newSize)
            if failure == 0 { size = newSize }
            return failure
        }
        guard newSize >= 0 else { return EINVAL }
        let (whole, within) = newSize.quotientAndRemainder(dividingBy: Self.chunkByteCount)
        let kept = within == 0 ? whole : whole + 1
        for chunk in chunks[kept...] { free(chunk) }
        chunks.removeSubrange(kept...)
        if within != 0, let chunk = chunks[whole] {
            memset(chunk + within, 0, Self.chunkByteCount - within)
        }
        size = newSize
        return 0
    }

    private mutating func reserve(_ offset: Int, _ count: Int) -> Int32 {
        guard offset >= 0, count >= 0 else { return EINVAL }
        let (end, overflows) = offset.addingReportingOverflow(count)
        guard !overflows, end <= Self.maximumByteCount else { return EFBIG }
        let needed = (end + Self.chunkByteCount - 1) / Self.chunkByteCount
        if needed > chunks.count {
            chunks.append(contentsOf: repeatElement(nil, count: needed - chunks.count))
        }
        return 0
    }
}
