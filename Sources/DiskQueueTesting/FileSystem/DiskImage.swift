package import DiskQueue

/// What a disk holds at one moment: names and contents, and nothing that is pending.
///
/// A value; copies share contents until one of them changes.
package struct DiskImage: Sendable {
    /// The names.
    var tree: DirectoryTree

    /// The contents by inode number, perhaps also of files that no name leads to any more.
    var files: [InodeNumber: FileContents]

    /// A disk with a root directory and nothing else.
    package static let empty = DiskImage(tree: DirectoryTree(), files: [:])

    init(tree: DirectoryTree, files: [InodeNumber: FileContents]) {
        self.tree = tree
        self.files = files
    }

    /// A disk that holds `files`, by path; the directories they need are made.
    package init(files: [String: [UInt8]]) throws(FileSystemError) {
        self = .empty
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            var directory = ""
            for part in path.split(separator: "/").dropLast() {
                directory += "/\(part)"
                if let change = try tree.makingDirectory(directory) { tree.apply(change) }
            }
            let (inode, creation) = try tree.opening(path, .createIfMissing)
            if let creation { tree.apply(creation) }
            self.files[inode] = FileContents(bytes)
        }
    }

    /// The paths of all files, sorted.
    package var paths: [String] { Self.paths(in: tree, DirectoryTree.root, below: "").sorted() }

    /// The bytes of the file at `path`; nil when there is none.
    ///
    /// Setting replaces the contents of a file that exists, with nil removes it, and does nothing
    /// to a missing one.
    package subscript(path: String) -> [UInt8]? {
        get {
            guard case .file(let inode) = tree.node(at: path) else { return nil }
            return files[inode]?.bytes
        }
        set {
            guard case .file(let inode) = tree.node(at: path) else { return }
            files[inode] = newValue.map { FileContents($0) }
            // SWALLOW: the path leads to a file, as was just seen, so it can be removed.
            if newValue == nil, let change = try? tree.removing(path) { tree.apply(change) }
        }
    }

    /// A number that tells images apart: equal for equal names, inode numbers and contents,
    /// different for all others but by rare accident.
    package var fingerprint: UInt64 { TreeFingerprint(of: tree).fingerprint(with: files) }

    /// Carries out a logged operation as if it were durable at once; synchronizing and marks
    /// change nothing.
    mutating func apply(_ operation: DiskOperation) {
        switch operation {
        case .changeNames(let change):
            if case .create(_, let inode) = change { files[inode] = FileContents() }
            tree.apply(change)
        case .write(let inode, let offset, let bytes):
            bytes.withUnsafeBytes { files[inode]?.write($0, at: offset) }
        case .truncate(let inode, let size):
            files[inode]?.resize(to: size)
        case .synchronizeData, .failedSynchronizeData, .synchronizeDirectory, .mark:
            break
        }
    }

    private static func paths(
        in tree: DirectoryTree,
        _ directory: InodeNumber,
        below path: String
    ) -> [String] {
        (tree.directories[directory] ?? [:]).flatMap { name, node in
            switch node {
            case .file: ["\(path)/\(name)"]
            case .directory(let inode): paths(in: tree, inode, below: "\(path)/\(name)")
            }
        }
    }
}
