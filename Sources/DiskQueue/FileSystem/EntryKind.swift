private import Glibc

/// What a name in a directory stands for.
enum EntryKind: Equatable {
    /// A regular file.
    case file
    /// A directory.
    case directory
    /// A symbolic link, a pipe, a socket or a device: nothing that a store is made of.
    case other
    /// Nothing: there is no such name.
    case none
}

extension PosixFileSystem {
    /// What `path` stands for; a link is not followed.
    func kind(of path: String) throws(FileSystemError) -> EntryKind {
        var status = stat()
        do {
            _ = try SystemCall.run("inspect", path) { lstat(path, &status) }
        } catch {
            guard ErrorNumber.isMissing(error.errno) else { throw error }
            return .none
        }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        default: .other
        }
    }

    /// Removes `path` and what lies below it; links are removed and not followed.
    func removeTree(_ path: String) throws(FileSystemError) {
        switch try kind(of: path) {
        case .none: return
        case .file, .other: try remove(path)
        case .directory:
            for name in try list(path) { try removeTree("\(path)/\(name)") }
            try removeDirectory(path)
        }
    }
}
