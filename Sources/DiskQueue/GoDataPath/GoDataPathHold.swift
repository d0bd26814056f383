private import Glibc

/// Keeps the original, and nsqd, from starting on a data path that is being read; changes nothing in it.
///
/// Holds the lock that both take on the directory, shared, until the last reference goes.
package final class GoDataPathHold: Sendable {
    private let directory: PosixFile

    /// Takes the lock.
    ///
    /// - Throws: `.locked` when a daemon holds it, `.unusable` when it is no directory.
    package init(_ path: String) throws(DiskQueueError) {
        do throws(FileSystemError) {
            let directory = try PosixFile(path, flags: O_RDONLY | O_DIRECTORY)
            _ = try SystemCall.run("lock", path) { flock(directory.descriptor, LOCK_SH | LOCK_NB) }
            self.directory = directory
        } catch {
            if error.errno == EWOULDBLOCK {
                throw DiskQueueError(.locked, "\(path) is in use by an nsqd: stop it first")
            }
            throw DiskQueueError(.unusable, error.description)
        }
    }

    /// Whether `path` is the directory that is held.
    package func isDirectory(_ path: String) -> Bool {
        var mine = stat()
        var other = stat()
        return fstat(directory.descriptor, &mine) == 0 && stat(path, &other) == 0
            && mine.st_dev == other.st_dev && mine.st_ino == other.st_ino
    }
}
