import GRDB

extension DiskQueueError {
    /// Judges a failure of SQLite on the database `path`.
    ///
    /// Errors of the store itself pass unchanged. Whether the statements are right is proved by tests,
    /// so a failing one speaks of a damaged schema.
    init(metadata error: any Error, path: String) {
        if let error = error as? DiskQueueError {
            self = error
        } else if let error = error as? FileSystemError {
            self.init(error)
        } else if let error = error as? DatabaseError {
            let reason = error.message ?? "\(error.extendedResultCode)"
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_SCHEMA,
                .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_FORMAT:
                self = .damagedMetadata(path, reason)
            case .SQLITE_FULL:
                self.init(.noSpace, "cannot write metadata \(path): \(reason)")
            case .SQLITE_MISUSE:
                self.init(.closed, "metadata \(path) is closed")
            default:
                self.init(.io, "cannot use metadata \(path): \(reason)")
            }
        } else {
            self = .damagedMetadata(path, "unexpected value in a row")
        }
    }

    /// The database `path` is not what the store wrote.
    static func damagedMetadata(_ path: String, _ reason: String) -> DiskQueueError {
        DiskQueueError(.corrupt, "damaged metadata in \(path): \(reason)")
    }

    /// The database `path` holds the schema step `identifier`, which this version does not know.
    static func newerMetadata(_ path: String, _ identifier: String) -> DiskQueueError {
        DiskQueueError(
            .unsupportedVersion,
            "\(path) was written by a newer version (schema \(identifier)): start that version, "
                + "or choose another --data-path; nothing was changed"
        )
    }
}
