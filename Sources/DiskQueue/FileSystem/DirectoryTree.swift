/// Numbers a file or directory apart from its names.
package typealias InodeNumber = Int

/// The names of a file system that lives in memory: its directories, and which inode each name
/// stands for.
///
/// A value; copies share storage until one of them changes. What the files hold is kept
/// elsewhere, by inode number.
package struct DirectoryTree: Sendable {
    /// What a name stands for.
    package enum Node: Hashable, Sendable {
        /// A file of that inode number.
        case file(InodeNumber)
        /// A directory of that inode number.
        case directory(InodeNumber)
    }

    /// The place of a name: the directory that holds it, and the name.
    package struct Entry: Hashable, Sendable {
        /// The directory's inode number, which stays when the directory is renamed.
        package let directory: InodeNumber
        /// One path component.
        package let name: String

        /// Composes the place.
        package init(directory: InodeNumber, name: String) {
            self.directory = directory
            self.name = name
        }
    }

    /// The inode number of `/`.
    package static let root: InodeNumber = 0

    /// The names in each directory, by the directory's inode number.
    package private(set) var directories: [InodeNumber: [String: Node]] = [root: [:]]

    /// The number that the next file or directory receives; none is used twice.
    package private(set) var nextInode: InodeNumber = 1

    /// A tree that has a root and nothing else.
    package init() {}

    /// What the name at `entry` stands for; nil when there is no such name.
    package subscript(entry: Entry) -> Node? { directories[entry.directory]?[entry.name] }

    /// Makes a directory of that number that no name leads to yet; an existing one is left alone.
    package mutating func addDirectory(_ inode: InodeNumber) {
        nextInode = max(nextInode, inode + 1)
        if directories[inode] == nil { directories[inode] = [:] }
    }

    /// Carries out one change of names.
    ///
    /// - Returns: the file that lost its name by it, if any.
    @discardableResult
    package mutating func apply(_ change: NameChange) -> InodeNumber? {
        switch change {
        case .create(let entry, let inode):
            nextInode = max(nextInode, inode + 1)
            directories[entry.directory]?[entry.name] = .file(inode)
            return nil
        case .makeDirectory(let entry, let inode):
            addDirectory(inode)
            directories[entry.directory]?[entry.name] = .directory(inode)
            return nil
        case .rename(let source, let target):
            guard let node = self[source] else { return nil }
            let replaced = self[target]
            directories[source.directory]?[source.name] = nil
            directories[target.directory]?[target.name] = node
            return discard(replaced)
        case .remove(let entry), .removeDirectory(let entry, _):
            let removed = self[entry]
            directories[entry.directory]?[entry.name] = nil
            return discard(removed)
        }
    }

    private mutating func discard(_ node: Node?) -> InodeNumber? {
        switch node {
        case .file(let inode): return inode
        case .directory(let inode): directories[inode] = nil
        case nil: break
        }
        return nil
    }
}

/// One change of the names in a ``DirectoryTree``, by inode numbers, so that it keeps its meaning
/// on a tree that missed earlier changes.
package enum NameChange: Hashable, Sendable {
    /// A new, empty file.
    case create(DirectoryTree.Entry, InodeNumber)
    /// A new, empty directory.
    case makeDirectory(DirectoryTree.Entry, InodeNumber)
    /// A file or directory under another name; what had that name is replaced.
    case rename(from: DirectoryTree.Entry, to: DirectoryTree.Entry)
    /// A file's name is gone.
    case remove(DirectoryTree.Entry)
    /// An empty directory is gone.
    case removeDirectory(DirectoryTree.Entry, InodeNumber)
}
