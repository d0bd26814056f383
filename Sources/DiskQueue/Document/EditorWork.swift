private import Synchronization

/// What an open store asks for and reports while it is edited.
///
/// Isolation: callable from any thread.
final class EditorWork: Sendable {
    private let state = Mutex(State())

    private struct State {
        var changes: [MetadataChange] = []
        var notes: [String] = []
    }

    /// Keeps a change of the metadata; syncs are made all at once.
    func accept(_ request: Store.WorkRequest) {
        switch request {
        case .record(let change): state.withLock { $0.changes.append(change) }
        case .synchronize, .watch, .flush: break
        }
    }

    /// Notes what people should know.
    func note(_ event: StoreEvent) {
        let lines: [String] =
            switch event {
            case .recovered(let report): report.notes + report.topics.flatMap(\.notes)
            case .ledgerFailed(_, let reason), .metadataFailed(let reason),
                .removalFailed(let reason):
                [reason]
            case .log(_, .quarantined(let path, let range, let reason)):
                ["\(path) at \(range.lowerBound): \(reason)"]
            case .log(_, .poisoned(let reason)), .log(_, .movedForward(_, _, let reason)): [reason]
            case .log(_, .dirtied), .log(_, .opened), .log(_, .sealed), .log(_, .removed),
                .synchronized:
                []
            }
        state.withLock { $0.notes += lines }
    }

    /// What was noted.
    var notes: [String] { state.withLock { $0.notes } }

    /// The changes so far, in order.
    func takeChanges() -> [MetadataChange] {
        state.withLock { state in
            defer { state.changes.removeAll() }
            return state.changes
        }
    }
}
