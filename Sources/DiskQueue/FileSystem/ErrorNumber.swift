private import Glibc

/// The operating system's error numbers: their words, and the classes that the store treats alike.
package enum ErrorNumber {
    /// The text of `number`, such as "No space left on device".
    ///
    /// Callable from any thread.
    package static func text(_ number: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress,
                strerror_r(number, base, buffer.count) == 0
            else { return "error \(number)" }
            return String(cString: base)
        }
    }

    /// Whether `number` says that there is no room: disk full, quota spent, file size limit.
    package static func isNoSpace(_ number: Int32) -> Bool {
        number == ENOSPC || number == EDQUOT || number == EFBIG
    }

    /// Whether `number` says that no more files can be opened now.
    package static func isNoDescriptor(_ number: Int32) -> Bool {
        number == EMFILE || number == ENFILE
    }

    /// Whether `number` says that what should be a directory is none.
    package static func isNoDirectory(_ number: Int32) -> Bool { number == ENOTDIR }

    /// Whether `number` says that what should be a file is a directory, a pipe or a socket, or a link, which is
    /// not followed.
    package static func isNoFile(_ number: Int32) -> Bool {
        number == EISDIR || number == ELOOP || number == ENXIO
    }

    /// Whether `number` says that the file or directory does not exist.
    package static func isMissing(_ number: Int32) -> Bool { number == ENOENT }
}
