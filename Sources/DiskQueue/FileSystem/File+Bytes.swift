/// Whole arrays instead of buffers, for headers, ledgers and other small reads and writes.
extension File {
    /// Writes all of `bytes` at `offset`.
    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        try bytes.withUnsafeBufferPointer { buffer throws(FileSystemError) in
            try write(UnsafeRawBufferPointer(buffer), at: offset)
        }
    }

    /// Reads `count` bytes at `offset`; fewer when the file ends before.
    func read(_ count: Int, at offset: Int) throws(FileSystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        let filled = try bytes.withUnsafeMutableBufferPointer { buffer throws(FileSystemError) in
            try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
        bytes.removeSubrange(filled...)
        return bytes
    }
}
