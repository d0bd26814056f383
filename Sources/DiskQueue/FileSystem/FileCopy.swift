/// Copies whole files.
enum FileCopy {
    /// Bytes moved at once.
    private static let chunkBytes = 1 << 20

    /// Copies `source` to `target`, which must not exist; not yet durable on return.
    ///
    /// - Returns: the bytes copied.
    @discardableResult
    static func copy(
        _ source: String,
        to target: String,
        in fileSystem: any FileSystem = PosixFileSystem()
    ) throws(FileSystemError) -> Int {
        let from = try fileSystem.open(source, .readOnly)
        let to = try fileSystem.open(target, .createNew)
        var offset = 0
        while true {
            let bytes = try from.read(chunkBytes, at: offset)
            if bytes.isEmpty { return offset }
            try to.write(bytes, at: offset)
            offset += bytes.count
        }
    }
}
