import DiskQueue
import NSQCore
import ServerSupport

extension StartupFailure {
    /// A store that cannot be opened, for the `error` that says why.
    static func opening(_ error: any Error) -> Self {
        guard let error = error as? DiskQueueError else {
            return Self(.dataPath, "failed to open store: \(error)")
        }
        switch error.code {
        case .locked, .unusable:
            return Self(.dataPath, error.message)
        case .unsupportedVersion:
            return Self(.newerStore, "failed to open store: \(error.message)")
        case .corrupt, .noSpace, .io, .poisoned, .tooLarge, .closed:
            return Self(.dataPath, "failed to open store: \(error.message)")
        }
    }
}
