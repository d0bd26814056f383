package import DiskQueue

/// Whole arrays in and out of files, for tests and harnesses that do not mind the copy.
extension File {
    /// Writes all of `bytes` at `offset`.
    package func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(FileSystemError) in
            try write(UnsafeRawBufferPointer(buffer), at: offset)
        }
    }

    /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
    package func bytes(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(FileSystemError) in
            try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Reads the whole file.
    package func bytes() throws(FileSystemError) -> [UInt8] { try bytes(at: 0, count: size()) }
}

extension FileSystem {
    /// Reads the whole file at `path`.
    package func bytes(of path: String) throws(FileSystemError) -> [UInt8] {
        try open(path, .readOnly).bytes()
    }
}
