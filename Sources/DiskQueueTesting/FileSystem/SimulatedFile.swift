import DiskQueue
private import Glibc

/// An open file of a ``SimulatedFileSystem``.
final class SimulatedFile: File {
    private let disk: SimulatedFileSystem
    private let inode: InodeNumber
    private let path: String
    private let isWritable: Bool

    /// Opens the file of that inode number; `path` is for errors and faults.
    init(disk: SimulatedFileSystem, inode: InodeNumber, path: String, isWritable: Bool) {
        self.disk = disk
        self.inode = inode
        self.path = path
        self.isWritable = isWritable
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileSystemError) {
        try requireWritable("write")
        try disk.write(bytes, to: inode, path, at: offset)
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(FileSystemError) -> Int {
        try disk.read(inode, path, into: buffer, at: offset)
    }

    func synchronizeData() throws(FileSystemError) {
        try disk.synchronizeData(inode, path)
    }

    func truncate(to size: Int) throws(FileSystemError) {
        try requireWritable("truncate")
        try disk.truncate(inode, path, to: size)
    }

    func size() throws(FileSystemError) -> Int { try disk.size(inode, path) }

    private func requireWritable(_ operation: String) throws(FileSystemError) {
        if !isWritable { throw FileSystemError(operation: operation, path: path, errno: EBADF) }
    }
}
