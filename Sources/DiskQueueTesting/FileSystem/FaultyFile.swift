import DiskQueue

/// An open file of a ``FaultyFileSystem``.
final class FaultyFile: File {
    private let opened: any File
    private let identity: FileIdentity
    private let disk: FaultyFileSystem

    /// Wraps `file`.
    init(_ file: any File, identity: FileIdentity, disk: FaultyFileSystem) {
        opened = file
        self.identity = identity
        self.disk = disk
    }

    private var base: any File { identity.replacement ?? opened }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileSystemError) {
        let written = disk.shortensWrite() ? bytes.prefix(bytes.count / 2) : bytes[...]
        try base.write(UnsafeRawBufferPointer(rebasing: written), at: offset)
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(FileSystemError) -> Int {
        try base.read(into: buffer, at: offset)
    }

    func synchronizeData() throws(FileSystemError) {
        if disk.dropsSync(of: identity.path) { return }
        do throws(FileSystemError) {
            try base.synchronizeData()
        } catch {
            guard disk.bugs.contains(.retriesFailedDataSync) else { throw error }
            try base.synchronizeData()
        }
    }

    func truncate(to size: Int) throws(FileSystemError) {
        if disk.bugs.contains(.dropsTruncate) { return }
        try base.truncate(to: size)
    }

    func size() throws(FileSystemError) -> Int { try base.size() }
}
