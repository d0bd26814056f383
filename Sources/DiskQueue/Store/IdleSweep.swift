private import Synchronization

/// Closes the files of topics and channels that have gone quiet: ten thousand topics are ordinary, and an idle
/// one holds neither a file nor a buffer.
///
/// Isolation: callable from any thread; sweeps run one at a time.
final class IdleSweep: Sendable {
    /// Watched logs and ledgers beyond which a sweep should not wait for its time: each holds a file.
    static let crowd = 512

    private struct Watched<Object> {
        let object: Object
        /// What the object had done at the last sweep; `nil` when it is new.
        var activity: UInt64?
    }

    private struct State {
        var logs: [ObjectIdentifier: Watched<TopicLog>] = [:]
        var ledgers: [ObjectIdentifier: Watched<Ledger>] = [:]
    }

    private let waitsForSync: Bool
    private let state = Mutex(State())

    /// `waitsForSync`: whether unsynced files stay open for their sync.
    init(waitsForSync: Bool) { self.waitsForSync = waitsForSync }

    /// Has a log looked after; `true` when the watched have become a crowd.
    func watch(_ log: TopicLog) -> Bool {
        state.withLock { state in
            let id = ObjectIdentifier(log)
            if state.logs[id] == nil { state.logs[id] = Watched(object: log, activity: nil) }
            return state.logs.count >= Self.crowd
        }
    }

    /// Has a ledger looked after; `true` when the watched have become a crowd.
    func watch(_ ledger: Ledger) -> Bool {
        state.withLock { state in
            let id = ObjectIdentifier(ledger)
            if state.ledgers[id] == nil {
                state.ledgers[id] = Watched(object: ledger, activity: nil)
            }
            return state.ledgers.count >= Self.crowd
        }
    }

    /// Lets go of what did nothing since the last sweep.
    ///
    /// `all`: whether what was active is let go too. Returns whether anything is still watched.
    func sweep(all: Bool) -> Bool {
        let watched = state.withLock { $0 }
        var rested: [ObjectIdentifier] = []
        var active: [ObjectIdentifier: UInt64] = [:]
        for (id, entry) in watched.logs {
            let activity = entry.object.activity
            let isQuiet = all || entry.activity == activity
            if isQuiet, entry.object.rest(waitsForSync: waitsForSync) {
                rested.append(id)
            } else {
                active[id] = activity
            }
        }
        for (id, entry) in watched.ledgers {
            let activity = entry.object.activity
            let isQuiet = all || entry.activity == activity
            if isQuiet, entry.object.rest(waitsForSync: waitsForSync) {
                rested.append(id)
            } else {
                active[id] = activity
            }
        }
        return note(rested: rested, active: active)
    }

    private func note(rested: [ObjectIdentifier], active: [ObjectIdentifier: UInt64]) -> Bool {
        state.withLock { state in
            for id in rested {
                state.logs[id] = nil
                state.ledgers[id] = nil
            }
            for (id, activity) in active {
                state.logs[id]?.activity = activity
                state.ledgers[id]?.activity = activity
            }
            return !state.logs.isEmpty || !state.ledgers.isEmpty
        }
    }
}
