private import CSystemCalls
private import Glibc

/// An open file or directory of the real file system.
///
/// The descriptor is never inherited by another program and closes with the last reference. Errors name
/// the path that the file was opened by, also after a rename.
package final class PosixFile: File {
    /// The open descriptor; whoever uses it keeps a reference to the file meanwhile.
    let descriptor: Int32

    private let path: String

    /// Opens `path` with the flags of `open(2)`; a file that is made is readable by its owner only.
    ///
    /// A pipe is refused (`ENXIO`), and never waited for: one that bears the name of a file of the store would be,
    /// for ever.
    init(_ path: String, flags: Int32) throws(FileSystemError) {
        self.path = path
        descriptor = try SystemCall.run("open", path) {
            open(path, flags | O_CLOEXEC | O_NONBLOCK, mode_t(0o600))
        }
        var status = stat()
        _ = try SystemCall.run("inspect", path) { fstat(descriptor, &status) }
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFIFO, kind != S_IFSOCK else {
            throw FileSystemError(operation: "open", path: path, errno: ENXIO)
        }
    }

    deinit {
        // Never repeated: after an interruption the number may already belong to another file.
        _ = close(descriptor)
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileSystemError) {
        guard let base = bytes.baseAddress else { return }
        var written = 0
        while written < bytes.count {
            let count = try SystemCall.run("write", path) {
                pwrite(descriptor, base + written, bytes.count - written, offset &+ written)
            }
            if count == 0 {
                throw FileSystemError(operation: "write", path: path, errno: EIO)
            }
            written += count
        }
    }

    package func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(FileSystemError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var filled = 0
        while filled < buffer.count {
            let count = try SystemCall.run("read", path) {
                pread(descriptor, base + filled, buffer.count - filled, offset &+ filled)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    package func synchronizeData() throws(FileSystemError) {
        try SystemCall.once("synchronize", path) { fdatasync(descriptor) }
    }

    /// Makes the names in an open directory durable (`fsync`).
    func synchronizeNames() throws(FileSystemError) {
        try SystemCall.once("synchronize directory", path) { fsync(descriptor) }
    }

    /// Makes durable the whole file system that holds the file (`syncfs`).
    func synchronizeFileSystem() throws(FileSystemError) {
        try SystemCall.once("synchronize file system of", path) { nsq_syncfs(descriptor) }
    }

    package func truncate(to size: Int) throws(FileSystemError) {
        _ = try SystemCall.run("truncate", path) { ftruncate(descriptor, size) }
    }

    package func size() throws(FileSystemError) -> Int {
        var status = stat()
        _ = try SystemCall.run("inspect", path) { fstat(descriptor, &status) }
        return Int(status.st_size)
    }
}
