private import Glibc

/// The real file system.
///
/// Files are made with mode 0600 and directories with 0700; a symbolic link in place of a file of the
/// store is refused (`ELOOP`), so that nobody who can write a link leads the store elsewhere.
package struct PosixFileSystem: FileSystem {
    /// The one there is; holds nothing.
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any File {
        let flags =
            switch mode {
            case .readOnly: O_RDONLY
            case .readWrite: O_RDWR
            case .createIfMissing: O_RDWR | O_CREAT
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        return try PosixFile(path, flags: flags | O_NOFOLLOW)
    }

    package func makeDirectory(_ path: String) throws(FileSystemError) {
        do {
            _ = try SystemCall.run("make directory", path) { mkdir(path, mode_t(0o700)) }
        } catch {
            guard error.errno == EEXIST else { throw error }
            var status = stat()
            _ = try SystemCall.run("inspect", path) { stat(path, &status) }
            if status.st_mode & S_IFMT != S_IFDIR {
                throw FileSystemError(operation: "make directory", path: path, errno: ENOTDIR)
            }
        }
    }

    package func list(_ path: String) throws(FileSystemError) -> [String] {
        guard let stream = opendir(path) else {
            throw FileSystemError(operation: "list", path: path, errno: errno)
        }
        defer { closedir(stream) }
        let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno == 0 { return names }
                throw FileSystemError(operation: "list", path: path, errno: errno)
            }
            // Read through a pointer: the record ends with the name, often before the struct does.
            let name = UnsafeRawPointer(entry).advanced(by: nameOffset)
            let text = String(cString: name.assumingMemoryBound(to: CChar.self))
            if text != "." && text != ".." { names.append(text) }
        }
    }

    package func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        _ = try SystemCall.run("rename", path) { Glibc.rename(path, newPath) }
    }

    package func remove(_ path: String) throws(FileSystemError) {
        _ = try SystemCall.run("remove", path) { unlink(path) }
    }

    package func removeDirectory(_ path: String) throws(FileSystemError) {
        _ = try SystemCall.run("remove directory", path) { rmdir(path) }
    }

    package func synchronizeDirectory(_ path: String) throws(FileSystemError) {
        try PosixFile(path, flags: O_RDONLY | O_DIRECTORY).synchronizeNames()
    }

    package func synchronizeAll(_ path: String) throws(FileSystemError) {
        try PosixFile(path, flags: O_RDONLY | O_DIRECTORY).synchronizeFileSystem()
    }

    package func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// The user to whom `path` belongs, when that is neither the one of this process nor root; `nil` otherwise.
    func strangeOwner(_ path: String) -> UInt32? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_uid != geteuid(), status.st_uid != 0 else {
            return nil
        }
        return status.st_uid
    }

    /// The bytes that an unprivileged process may still write on the file system that holds `path`.
    package func freeBytes(_ path: String) throws(FileSystemError) -> Int {
        var status = statvfs()
        _ = try SystemCall.run("inspect", path) { statvfs(path, &status) }
        let bytes = UInt(status.f_bavail).multipliedReportingOverflow(by: UInt(status.f_frsize))
        return bytes.overflow ? Int.max : Int(clamping: bytes.partialValue)
    }
}
