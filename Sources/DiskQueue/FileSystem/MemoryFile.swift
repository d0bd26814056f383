private import Glibc
private import Synchronization

/// What a file of a ``MemoryFileSystem`` holds; lives as long as a name or an open file leads to
/// it.
///
/// Isolation: callable from any thread; reads and writes of one file take turns.
final class MemoryFileContents: Sendable {
    private let bytes = Mutex(ChunkedBytes())

    /// Runs one operation alone on the bytes.
    func access<Result: Sendable>(_ body: (inout ChunkedBytes) -> Result) -> Result {
        bytes.withLock { body(&$0) }
    }
}

/// An open file of a ``MemoryFileSystem``; stays usable when the file is removed or replaced.
final class MemoryFile: File {
    private let contents: MemoryFileContents
    private let path: String
    private let isWritable: Bool

    /// Opens `contents`; `path` is for errors only.
    init(contents: MemoryFileContents, path: String, isWritable: Bool) {
        self.contents = contents
        self.path = path
        self.isWritable = isWritable
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileSystemError) {
        try check(isWritable ? contents.access { $0.write(bytes, at: offset) } : EBADF, "write")
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(FileSystemError) -> Int {
        try check(offset < 0 ? EINVAL : 0, "read")
        return contents.access { $0.read(into: buffer, at: offset) }
    }

    func synchronizeData() throws(FileSystemError) {}

    func truncate(to size: Int) throws(FileSystemError) {
        try check(isWritable ? contents.access { $0.truncate(to: size) } : EBADF, "truncate")
    }

    func size() throws(FileSystemError) -> Int { contents.access { $0.size } }

    private func check(_ errno: Int32, _ operation: String) throws(FileSystemError) {
        if errno != 0 { throw FileSystemError(operation: operation, path: path, errno: errno) }
    }
}
