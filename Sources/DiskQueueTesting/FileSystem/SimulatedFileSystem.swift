package import DiskQueue
import Synchronization

/// A disk in memory that logs every operation that matters for what a crash leaves, and fails on
/// request.
///
/// ``CrashStates`` makes from the log every disk that a crash may leave; another simulated file
/// system starts from each. To simulate the death of the process alone, open the store again on
/// the same object: it still has what the operating system's cache would have, and the log goes
/// on.
///
/// Isolation: callable from any thread; the log is in the order in which the calls took effect.
package final class SimulatedFileSystem: FileSystem {
    /// The disk that this one started from.
    package let base: DiskImage

    let state: Mutex<SimulatedDiskState>

    /// Starts from `image`, all of it durable.
    package init(image: DiskImage = .empty) {
        base = image
        state = Mutex(SimulatedDiskState(image: image))
    }

    /// What a process would see now.
    package var image: DiskImage { state.withLock { $0.image } }

    /// Every operation and mark since the start.
    package var log: [DiskOperation] { state.withLock { $0.log } }

    /// How many calls were made that a fault could have hit, failed ones too.
    package var callCount: Int { state.withLock { $0.callCount } }

    /// Notes something in the log.
    package func mark(_ mark: Mark) {
        state.withLock { $0.log.append(.mark(mark)) }
    }

    /// Adds a fault, which counts calls from now on.
    ///
    /// When several hit the same call the one added first decides.
    package func inject(_ fault: DiskFault) {
        state.withLock { $0.faults.append(fault) }
    }

    /// How many calls failed by a fault.
    package var faultCount: Int { state.withLock { $0.faultCount } }

    /// Removes all faults, as a repaired disk does.
    package func removeFaults() {
        state.withLock { $0.faults = [] }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any File {
        let inode = try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.open, "open", path)
            let (inode, creation) = try state.image.tree.opening(path, mode)
            if let creation { state.perform(.changeNames(creation)) }
            return inode
        }
        return SimulatedFile(
            disk: self,
            inode: inode,
            path: path,
            isWritable: mode != .readOnly
        )
    }

    package func makeDirectory(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.makeDirectory, "make directory", path)
            guard let change = try state.image.tree.makingDirectory(path) else { return }
            state.perform(.changeNames(change))
        }
    }

    package func list(_ path: String) throws(FileSystemError) -> [String] {
        try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.list, "list", path)
            let inode = try state.image.tree.directory(at: path, for: "list")
            return (state.image.tree.directories[inode] ?? [:]).keys.sorted()
        }
    }

    package func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.rename, "rename", path)
            guard let change = try state.image.tree.renaming(path, to: newPath) else { return }
            state.perform(.changeNames(change))
        }
    }

    package func remove(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.remove, "remove", path)
            state.perform(.changeNames(try state.image.tree.removing(path)))
        }
    }

    package func removeDirectory(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            try state.admit(.removeDirectory, "remove directory", path)
            state.perform(.changeNames(try state.image.tree.removingDirectory(path)))
        }
    }

    package func synchronizeDirectory(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            let operation = "synchronize directory"
            try state.admit(.synchronizeDirectory, operation, path)
            let inode = try state.image.tree.directory(at: path, for: operation)
            state.log.append(.synchronizeDirectory(inode))
        }
    }

    package func exists(_ path: String) -> Bool {
        state.withLock { $0.image.tree.node(at: path) != nil }
    }
}
