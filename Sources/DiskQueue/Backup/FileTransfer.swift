/// Copies and digests whole files, a piece at a time, and tells how far it has come.
struct FileTransfer {
    /// Where the files lie.
    let fileSystem: any FileSystem

    /// Told of each piece, in bytes.
    let advanced: (Int) -> Void

    /// Bytes in memory at a time.
    private static let pieceBytes = 1 << 20

    /// Copies all of `source` to the file `target`, which is made or replaced.
    ///
    /// Durability: a large file is synced, so that what is not does not pile up; the caller syncs the rest together.
    func copy(_ source: any File, to target: String) throws(FileSystemError) -> FileDigest {
        let file = try fileSystem.open(target, .createIfMissing)
        let digest = try SHA256Digest()
        var offset = 0
        while true {
            let piece = try source.read(Self.pieceBytes, at: offset)
            if piece.isEmpty { break }
            try digest.update(piece)
            try file.write(piece, at: offset)
            offset += piece.count
            advanced(piece.count)
        }
        try file.truncate(to: offset)
        if offset >= Self.pieceBytes { try file.synchronizeData() }
        return FileDigest(byteCount: UInt64(offset), sha256: try digest.finish())
    }

    /// Copies `range` of `source` to the same place of `target`.
    func copy(
        _ range: Range<Int>,
        of source: any File,
        to target: any File
    ) throws(FileSystemError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = try source.read(min(Self.pieceBytes, range.upperBound - offset), at: offset)
            if piece.isEmpty { return }
            try target.write(piece, at: offset)
            offset += piece.count
        }
    }

    /// Writes the file `target`, which must not exist.
    ///
    /// Durability: durable on return, but for its name.
    func write(_ bytes: [UInt8], to target: String) throws(FileSystemError) -> FileDigest {
        let file = try fileSystem.open(target, .createNew)
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        let digest = try SHA256Digest()
        try digest.update(bytes)
        return FileDigest(byteCount: UInt64(bytes.count), sha256: try digest.finish())
    }

    /// Digests what `path` holds.
    ///
    /// `limit`: bytes that it should have; of a longer file one more is read, and no others.
    func digest(of path: String, limit: Int = .max) throws(FileSystemError) -> FileDigest {
        let file = try fileSystem.open(path, .readOnly)
        let digest = try SHA256Digest()
        var offset = 0
        while offset <= limit {
            let wanted = limit - offset < Self.pieceBytes ? limit - offset + 1 : Self.pieceBytes
            let piece = try file.read(wanted, at: offset)
            if piece.isEmpty { break }
            try digest.update(piece)
            offset += piece.count
            advanced(piece.count)
        }
        return FileDigest(byteCount: UInt64(offset), sha256: try digest.finish())
    }
}

/// What a file holds, in two figures.
struct FileDigest: Equatable {
    /// Its length.
    let byteCount: UInt64
    /// SHA-256 in lower-case hexadecimal.
    let sha256: String
}
