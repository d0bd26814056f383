private import Glibc

/// The classes of the operating system's error numbers that the store treats alike.
package enum ErrorNumber {
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
