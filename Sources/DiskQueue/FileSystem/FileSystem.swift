/// Every file-system operation that the store makes.
///
/// Three implementations: `PosixFileSystem` (the real one), `MemoryFileSystem` (ephemeral topics, tests) and
/// `SimulatedFileSystem` (records each operation and builds every state that a crash may leave). Paths are
/// `/`-separated; the store composes them from numbers only, never from names that a peer chose.
///
/// Durability, as POSIX gives it: bytes written are durable after ``File/synchronizeData()``; a name (created,
/// renamed, removed) is durable after ``synchronizeDirectory(_:)`` of the directory that holds it.
///
/// Isolation: callable from any thread.
package protocol FileSystem: Sendable {
    /// Opens a file.
    ///
    /// - Throws: `ENOENT` for a missing file, `EEXIST` when ``OpenMode/createNew`` finds one.
    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any File

    /// Makes one directory, readable by its owner only. An existing one is not an error.
    func makeDirectory(_ path: String) throws(FileSystemError)

    /// The names in a directory, in no particular order.
    func list(_ path: String) throws(FileSystemError) -> [String]

    /// Renames a file or directory; an existing file of the new name is replaced atomically.
    func rename(_ path: String, to newPath: String) throws(FileSystemError)

    /// Removes a file.
    func remove(_ path: String) throws(FileSystemError)

    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws(FileSystemError)

    /// Makes the names in a directory durable.
    func synchronizeDirectory(_ path: String) throws(FileSystemError)

    /// Makes everything below a directory durable, as one operation where the system has one.
    ///
    /// A later sync of a single file still tells what went wrong with that file.
    func synchronizeAll(_ path: String) throws(FileSystemError)

    /// Whether a file or directory of that path exists.
    func exists(_ path: String) -> Bool
}

extension FileSystem {
    /// Syncs one file and directory after the other.
    package func synchronizeAll(_ path: String) throws(FileSystemError) {
        for name in try list(path) {
            let child = "\(path)/\(name)"
            do throws(FileSystemError) {
                try synchronizeAll(child)
            } catch {
                guard ErrorNumber.isNoDirectory(error.errno) else { throw error }
                try open(child, .readOnly).synchronizeData()
            }
        }
        try synchronizeDirectory(path)
    }
}

/// How a file is opened.
package enum OpenMode: Sendable {
    /// For reading; the file must exist.
    case readOnly
    /// For reading and writing; the file must exist.
    case readWrite
    /// For reading and writing; made, readable by its owner only, when missing.
    case createIfMissing
    /// For reading and writing; must not exist yet.
    case createNew
}

/// An open file.
///
/// It closes when the last reference goes.
///
/// Isolation: positional reads and writes may run beside each other on several threads; whoever writes
/// overlapping ranges orders them.
package protocol File: AnyObject, Sendable {
    /// Writes all of `bytes` at `offset`; short writes are continued, interrupted ones repeated.
    ///
    /// - Throws: the first real error; a prefix of `bytes` may then have been written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileSystemError)

    /// Reads up to `buffer.count` bytes at `offset`.
    ///
    /// - Returns: how many were read; fewer than asked only at the end of the file.
    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(FileSystemError) -> Int

    /// Makes the bytes and the size durable (`fdatasync`). A failure is never retried on the same descriptor.
    func synchronizeData() throws(FileSystemError)

    /// Cuts or extends the file to `size` bytes.
    func truncate(to size: Int) throws(FileSystemError)

    /// The size in bytes.
    func size() throws(FileSystemError) -> Int
}
