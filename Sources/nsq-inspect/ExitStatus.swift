import DiskQueue

/// The exit statuses of the inspector; bad arguments are 64, as ArgumentParser has it.
enum ExitStatus: Int32 {
    /// Damage was found, or the command failed.
    case failure = 1
    /// The store was written by a newer version; nothing was touched. The number is `EX_DATAERR`.
    case newerStore = 65
    /// Another process holds the data path. The number is `EX_TEMPFAIL`.
    case locked = 75

    /// The status for a failure of the store.
    init(_ error: DiskQueueError) {
        switch error.code {
        case .unsupportedVersion: self = .newerStore
        case .locked: self = .locked
        default: self = .failure
        }
    }
}
