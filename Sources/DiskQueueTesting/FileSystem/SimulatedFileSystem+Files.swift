import DiskQueue
private import Glibc
import Synchronization

/// The operations of an open ``SimulatedFile``; a file stays usable when it is removed or replaced.
extension SimulatedFileSystem {
    private static let maximumByteCount = 1 << 30

    /// Writes `bytes` and logs it.
    func write(
        _ bytes: UnsafeRawBufferPointer,
        to inode: InodeNumber,
        _ path: String,
        at offset: Int
    ) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            let end = offset.addingReportingOverflow(bytes.count)
            if offset < 0 || end.overflow || end.partialValue > Self.maximumByteCount {
                throw FileSystemError(operation: "write", path: path, errno: EFBIG)
            }
            try state.admit(.write, "write", path, byteCount: bytes.count) { state, count in
                state.perform(.write(inode, offset: offset, bytes: Array(bytes.prefix(count))))
            }
            if bytes.isEmpty { return }
            state.perform(.write(inode, offset: offset, bytes: Array(bytes)))
        }
    }

    /// Reads up to `buffer.count` bytes; fewer only at the end.
    func read(
        _ inode: InodeNumber,
        _ path: String,
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(FileSystemError) -> Int {
        try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.read, "read", path)
            if offset < 0 {
                throw FileSystemError(operation: "read", path: path, errno: EINVAL)
            }
            guard let contents = state.image.files[inode] else { return 0 }
            return contents.bytes.withUnsafeBytes { bytes in
                guard offset < bytes.count else { return 0 }
                let count = min(buffer.count, bytes.count - offset)
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
                )
                return count
            }
        }
    }

    /// Logs that the data is durable, or in doubt for good when a fault hits.
    func synchronizeData(_ inode: InodeNumber, _ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            try state.synchronizeData(inode, path)
        }
    }

    /// Cuts or extends the file and logs it.
    func truncate(
        _ inode: InodeNumber,
        _ path: String,
        to size: Int
    ) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.truncate, "truncate", path)
            if size < 0 || size > Self.maximumByteCount {
                throw FileSystemError(operation: "truncate", path: path, errno: EFBIG)
            }
            state.perform(.truncate(inode, size: size))
        }
    }

    /// The size in bytes.
    func size(_ inode: InodeNumber, _ path: String) throws(FileSystemError) -> Int {
        try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.size, "size", path)
            return state.image.files[inode]?.bytes.count ?? 0
        }
    }
}
