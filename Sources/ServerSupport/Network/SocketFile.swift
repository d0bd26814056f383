private import Glibc

/// The file of a unix socket that was listened on.
package enum SocketFile {
    /// Removes it, so that the next start can listen again.
    ///
    /// One that is gone is no failure.
    package static func remove(_ path: String) {
        unlink(path)
    }
}
