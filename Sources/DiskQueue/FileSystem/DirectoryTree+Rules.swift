private import Glibc

/// POSIX's rules: from a path to the change of names that it asks for, or to the error number
/// that it earns.
///
/// None of these changes the tree; the caller applies the change. `..` in a path is refused with
/// `EINVAL`.
extension DirectoryTree {
    /// What the path stands for; nil when a part of it is missing.
    package func node(at path: String) -> Node? {
        // SWALLOW: why a path leads nowhere does not matter here.
        guard let entry = try? entry(path, for: "find") else { return nil }
        return entry.name.isEmpty ? .directory(Self.root) : self[entry]
    }

    /// The directory at `path`.
    package func directory(
        at path: String,
        for operation: String
    ) throws(FileSystemError) -> InodeNumber {
        let entry = try entry(path, for: operation)
        if entry.name.isEmpty { return Self.root }
        switch self[entry] {
        case .directory(let inode): return inode
        case .file: throw FileSystemError(operation: operation, path: path, errno: ENOTDIR)
        case nil: throw FileSystemError(operation: operation, path: path, errno: ENOENT)
        }
    }

    /// The file that opening `path` gives, and the creation that has to come first, if any.
    package func opening(
        _ path: String,
        _ mode: OpenMode
    ) throws(FileSystemError) -> (inode: InodeNumber, creation: NameChange?) {
        func failure(_ errno: Int32) -> FileSystemError {
            FileSystemError(operation: "open", path: path, errno: errno)
        }
        let entry = try entry(path, for: "open")
        if entry.name.isEmpty { throw failure(EISDIR) }
        switch (self[entry], mode) {
        case (.some, .createNew): throw failure(EEXIST)
        case (.directory, _): throw failure(EISDIR)
        case (.file(let inode), _): return (inode, nil)
        case (nil, .readOnly), (nil, .readWrite): throw failure(ENOENT)
        case (nil, .createIfMissing), (nil, .createNew):
            return (nextInode, .create(entry, nextInode))
        }
    }

    /// The change that makes a directory; nil when it exists already.
    package func makingDirectory(_ path: String) throws(FileSystemError) -> NameChange? {
        let entry = try entry(path, for: "make directory")
        if entry.name.isEmpty { return nil }
        switch self[entry] {
        case .directory: return nil
        case nil: return .makeDirectory(entry, nextInode)
        case .file: throw FileSystemError(operation: "make directory", path: path, errno: EEXIST)
        }
    }

    /// The change that renames; nil when both paths are the same name.
    package func renaming(
        _ path: String,
        to newPath: String
    ) throws(FileSystemError) -> NameChange? {
        func failure(_ errno: Int32) -> FileSystemError {
            FileSystemError(operation: "rename", path: path, errno: errno)
        }
        let source = try entry(path, for: "rename")
        let target = try entry(newPath, for: "rename")
        if source.name.isEmpty || target.name.isEmpty { throw failure(EBUSY) }
        guard let node = self[source] else { throw failure(ENOENT) }
        if source == target { return nil }
        if case .directory(let inode) = node, contains(inode, target.directory) {
            throw failure(EINVAL)
        }
        switch (node, self[target]) {
        case (.file, .directory): throw failure(EISDIR)
        case (.directory, .file): throw failure(ENOTDIR)
        case (.directory, .directory(let inode)) where directories[inode]?.isEmpty == false:
            throw failure(ENOTEMPTY)
        default: return .rename(from: source, to: target)
        }
    }

    /// The change that removes a file's name.
    package func removing(_ path: String) throws(FileSystemError) -> NameChange {
        let entry = try entry(path, for: "remove")
        switch entry.name.isEmpty ? .directory(Self.root) : self[entry] {
        case .file: return .remove(entry)
        case .directory: throw FileSystemError(operation: "remove", path: path, errno: EISDIR)
        case nil: throw FileSystemError(operation: "remove", path: path, errno: ENOENT)
        }
    }

    /// The change that removes an empty directory.
    package func removingDirectory(_ path: String) throws(FileSystemError) -> NameChange {
        let operation = "remove directory"
        let inode = try directory(at: path, for: operation)
        if inode == Self.root {
            throw FileSystemError(operation: operation, path: path, errno: EBUSY)
        }
        if directories[inode]?.isEmpty == false {
            throw FileSystemError(operation: operation, path: path, errno: ENOTEMPTY)
        }
        return .removeDirectory(try entry(path, for: operation), inode)
    }

    /// The place of a path's last component; its name is empty when the path is the root.
    private func entry(
        _ path: String,
        for operation: String
    ) throws(FileSystemError) -> Entry {
        var directory = Self.root
        var name = ""
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            let component = String(Substring(part))
            if component == "." { continue }
            if component == ".." {
                throw FileSystemError(operation: operation, path: path, errno: EINVAL)
            }
            if !name.isEmpty {
                switch directories[directory]?[name] {
                case .directory(let inode): directory = inode
                case .file: throw FileSystemError(operation: operation, path: path, errno: ENOTDIR)
                case nil: throw FileSystemError(operation: operation, path: path, errno: ENOENT)
                }
            }
            name = component
        }
        return Entry(directory: directory, name: name)
    }

    /// Whether `inode` is `directory` or one of the directories above it.
    private func contains(_ inode: InodeNumber, _ directory: InodeNumber) -> Bool {
        if inode == directory { return true }
        for case .directory(let child) in (directories[inode] ?? [:]).values
        where contains(child, directory) {
            return true
        }
        return false
    }
}
