import DiskQueue

/// What the names of an image add to its fingerprint, worked out once for all images of the same
/// names.
struct TreeFingerprint {
    /// The sum of one mixed term for each name that can be reached from the root.
    private var names: UInt64 = 0

    /// The files that can be reached from the root.
    private(set) var files: [InodeNumber] = []

    /// Walks `tree`.
    init(of tree: DirectoryTree) {
        visit(DirectoryTree.root, of: tree)
    }

    /// The fingerprint of an image that has these names and those `contents`.
    func fingerprint(with contents: [InodeNumber: FileContents]) -> UInt64 {
        var total = names
        for inode in files {
            let file = contents[inode]?.fingerprint ?? 0
            total &+= SeededGenerator.mix(file &+ UInt64(truncatingIfNeeded: inode) << 32)
        }
        return SeededGenerator.mix(total)
    }

    private mutating func visit(_ directory: InodeNumber, of tree: DirectoryTree) {
        for (name, node) in tree.directories[directory] ?? [:] {
            var term = SeededGenerator.mix(UInt64(truncatingIfNeeded: directory))
            for byte in name.utf8 { term = (term ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            switch node {
            case .file(let inode):
                files.append(inode)
                term &+= UInt64(truncatingIfNeeded: inode) << 1
            case .directory(let inode):
                term &+= UInt64(truncatingIfNeeded: inode) << 1 | 1
                visit(inode, of: tree)
            }
            names &+= SeededGenerator.mix(term)
        }
    }
}
