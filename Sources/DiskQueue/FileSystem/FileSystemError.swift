private import NSQCore

/// A file-system operation that failed: what was tried, on what, and why.
package struct FileSystemError: Error, Equatable, CustomStringConvertible {
    /// The operation, as a verb that fits before a path: "open", "write", "synchronize".
    package let operation: String

    /// The path that it was tried on.
    package let path: String

    /// The operating system's error number.
    package let errno: Int32

    /// Composes the error.
    package init(operation: String, path: String, errno: Int32) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }

    package var description: String { "cannot \(operation) \(path): \(reason)" }

    /// The operating system's words for ``errno``.
    package var reason: String { SystemErrorText.of(errno) }
}
