private import Synchronization

/// A file system in memory, on which ephemeral topics live: the names and files of POSIX, gone
/// with the process.
///
/// Starts with an empty root; relative paths start there too. A removed or replaced file stays
/// usable through the files open on it and gives its memory back with the last of them.
///
/// Durability: none; synchronizing does nothing.
package final class MemoryFileSystem: FileSystem {
    private struct State {
        var tree = DirectoryTree()
        var files: [InodeNumber: MemoryFileContents] = [:]

        mutating func apply(_ change: NameChange) {
            if let inode = tree.apply(change) { files[inode] = nil }
        }
    }

    private let state = Mutex(State())

    /// Makes an empty file system.
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any File {
        let contents = try state.withLock { (state) throws(FileSystemError) in
            let (inode, creation) = try state.tree.opening(path, mode)
            if let creation { state.apply(creation) }
            if let contents = state.files[inode] { return contents }
            let contents = MemoryFileContents()
            state.files[inode] = contents
            return contents
        }
        return MemoryFile(contents: contents, path: path, isWritable: mode != .readOnly)
    }

    package func makeDirectory(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            if let change = try state.tree.makingDirectory(path) { state.apply(change) }
        }
    }

    package func list(_ path: String) throws(FileSystemError) -> [String] {
        try state.withLock { (state) throws(FileSystemError) in
            let inode = try state.tree.directory(at: path, for: "list")
            return Array((state.tree.directories[inode] ?? [:]).keys)
        }
    }

    package func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            if let change = try state.tree.renaming(path, to: newPath) { state.apply(change) }
        }
    }

    package func remove(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            state.apply(try state.tree.removing(path))
        }
    }

    package func removeDirectory(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            state.apply(try state.tree.removingDirectory(path))
        }
    }

    package func synchronizeDirectory(_ path: String) throws(FileSystemError) {
        try state.withLock { (state) throws(FileSystemError) in
            _ = try state.tree.directory(at: path, for: "synchronize directory")
        }
    }

    package func exists(_ path: String) -> Bool {
        state.withLock { $0.tree.node(at: path) != nil }
    }
}
