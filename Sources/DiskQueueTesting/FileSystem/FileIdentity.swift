import DiskQueue
private import Synchronization

/// What a file of a ``FaultyFileSystem`` is now called, for all that have it open.
///
/// Isolation: callable from any thread.
final class FileIdentity: Sendable {
    private struct State {
        var path: String
        var replacement: (any File)?
    }

    private let state: Mutex<State>

    /// A file called `path`.
    init(path: String) {
        state = Mutex(State(path: path))
    }

    /// The file's present path.
    var path: String { state.withLock { $0.path } }

    /// The copy that a torn rename made of the file; nil when there is none.
    var replacement: (any File)? { state.withLock { $0.replacement } }

    /// Notes a new path.
    func move(to path: String) {
        state.withLock { $0.path = path }
    }

    /// Notes that the file is a copy now.
    func replace(with file: any File) {
        state.withLock { $0.replacement = file }
    }
}
