/// What the store refuses or cannot do: what was tried, on what, and what to do about it.
package struct DiskQueueError: Error, CustomStringConvertible {
    /// The kinds of failure; each front maps them exhaustively to its own codes.
    package enum Code: Sendable, Equatable {
        /// Bytes that should be ours are damaged.
        case corrupt
        /// The store was written by a newer version; nothing was touched.
        case unsupportedVersion
        /// The disk has no room left.
        case noSpace
        /// The disk or the file system failed.
        case io
        /// An earlier failure made this topic or store read-only.
        case poisoned
        /// The message or batch is larger than a segment can hold.
        case tooLarge
        /// The topic was deleted or the store is closed.
        case closed
        /// Another process holds the data path.
        case locked
        /// The data path is missing or cannot be used.
        case unusable
    }

    /// The kind of failure.
    package let code: Code

    /// One line for the operator: what was tried, on what, what to do.
    package let message: String

    /// Composes an error; prefer the factories beside the code that throws.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Wraps a file-system failure; a full disk keeps its own code, because it passes by itself.
    package init(_ error: FileSystemError) {
        self.init(
            ErrorNumber.isNoSpace(error.errno) ? .noSpace : .io,
            error.description
        )
    }

    package var description: String { message }
}
