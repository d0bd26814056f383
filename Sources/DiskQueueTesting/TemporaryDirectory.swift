package import DiskQueue
private import Glibc

/// A directory of its own for one test, removed with all it holds when the last reference goes.
package final class TemporaryDirectory: Sendable {
    /// The directory, without a slash at the end.
    package let path: String

    /// Makes a directory of a name that nobody uses, below `TMPDIR`.
    package init() throws(FileSystemError) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/swift-nsq-XXXXXX".utf8CString)
        let isMade = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
        }
        guard isMade else {
            throw FileSystemError(operation: "make directory", path: parent, errno: errno)
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        Self.remove(path)
    }

    /// The path of `name` inside the directory.
    package func path(_ name: String) -> String { "\(path)/\(name)" }

    private static func remove(_ path: String) {
        let fileSystem = PosixFileSystem()
        // SWALLOW: what stays behind harms no test; the system clears its folder for such things.
        for name in (try? fileSystem.list(path)) ?? [] {
            let entry = "\(path)/\(name)"
            do {
                try fileSystem.remove(entry)
            } catch {
                remove(entry)
            }
        }
        // SWALLOW: as above.
        try? fileSystem.removeDirectory(path)
    }
}
