package import DiskQueue
import Synchronization

extension SimulatedFileSystem {
    /// Makes everything below a directory durable: first what it holds, then its names.
    package func synchronizeAll(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            let inode = try state.image.tree.directory(at: path, for: "synchronize")
            try state.synchronizeAll(inode, path)
        }
    }
}

extension SimulatedDiskState {
    /// Logs that everything below a directory is durable, or what a fault made of it.
    fileprivate mutating func synchronizeAll(
        _ directory: InodeNumber,
        _ path: String
    ) throws(FileSystemError) {
        let names = (image.tree.directories[directory] ?? [:]).sorted { $0.key < $1.key }
        for (name, node) in names {
            switch node {
            case .directory(let inode): try synchronizeAll(inode, "\(path)/\(name)")
            case .file(let inode): try synchronizeData(inode, "\(path)/\(name)")
            }
        }
        try admit(.synchronizeDirectory, "synchronize directory", path)
        log.append(.synchronizeDirectory(directory))
    }

    /// Logs that a file's data is durable, or in doubt for good when a fault hits.
    mutating func synchronizeData(
        _ inode: InodeNumber,
        _ path: String
    ) throws(FileSystemError) {
        do throws(FileSystemError) {
            try admit(.synchronizeData, "synchronize", path)
        } catch {
            log.append(.failedSynchronizeData(inode))
            throw error
        }
        log.append(.synchronizeData(inode))
    }
}
