internal import Dispatch
internal import NSQCore
internal import Synchronization

/// Runs a store's background work: syncs, ledger writes and metadata, each on a serial queue of its
/// own, so that a slow sync never delays a ledger.
///
/// Nothing runs while nothing happens.
///
/// Isolation: callable from any thread.
package final class BackgroundWork: Sendable {
    /// Longest time that a ledger entry waits to be written.
    static let ledgerDelay = DispatchTimeInterval.milliseconds(20)
    /// Pause between two background syncs, so that each covers a worthwhile run.
    static let syncPause = DispatchTimeInterval.milliseconds(20)
    /// Dirty logs beyond which the whole file system is synced instead of each file.
    static let manyLogs = 64
    /// Wait before a failed write is tried again.
    static let retryDelay = DispatchTimeInterval.milliseconds(500)

    private let store: Store
    private let policy: SyncPolicy
    private let syncQueue = DispatchQueue(label: "nsq.sync", qos: .userInitiated)
    private let ledgerQueue = DispatchQueue(label: "nsq.ledger", qos: .userInitiated)
    private let metadataQueue = DispatchQueue(label: "nsq.metadata")
    private let idle: IdleSweep
    private let state = Mutex(State())
    private let oversize: @Sendable (Ledger) -> Void
    private let metadataChanged: @Sendable ([MetadataChange]) -> Void

    private struct State {
        var dirtyLogs: [UInt64: TopicLog] = [:]
        var waiters: [(topicID: UInt64, body: @Sendable (DiskQueueError?) -> Void)] = []
        var isRoundScheduled = false
        var isUrgentRoundScheduled = false
        var isTimerScheduled = false
        var isSweepScheduled = false
        var isCrowdSweepScheduled = false
        var dirtyLedgers: [Ledger] = []
        var unsyncedLedgers: [ObjectIdentifier: Ledger] = [:]
        var changes: [MetadataChange] = []
    }

    /// Attaches to `store`.
    ///
    /// `oversize`: told of a ledger that should be checkpointed; called off the event loops.
    /// `metadataChanged`: told after changes were applied; called off the event loops.
    package init(
        store: Store,
        oversize: @escaping @Sendable (Ledger) -> Void,
        metadataChanged: @escaping @Sendable ([MetadataChange]) -> Void
    ) {
        self.store = store
        policy = store.configuration.syncPolicy
        idle = IdleSweep(waitsForSync: policy != .never)
        self.oversize = oversize
        self.metadataChanged = metadataChanged
        store.attach { [weak self] in self?.accept($0) }
    }

    /// Runs `body` where metadata is written: blocking is fine there.
    package func perform(_ body: @escaping @Sendable () -> Void) {
        metadataQueue.async(execute: body)
    }

    /// Runs `body` where metadata is written, and returns when it is done: no change is written meanwhile, so that
    /// all that it changes makes one snapshot.
    ///
    /// Blocking; never where metadata is written.
    package func performAndWait(_ body: () -> Void) { metadataQueue.sync(execute: body) }

    /// Runs `body` after `delay`, where metadata is written.
    package func perform(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        let nanoseconds = Int(clamping: Int64(delay / .nanoseconds(1)))
        metadataQueue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds), execute: body)
    }

    /// Calls `body` once, on any thread, when everything appended to `log` so far is durable, or cannot be.
    ///
    /// One round of syncs serves all who wait, whatever their topics.
    package func whenDurable(
        _ log: TopicLog,
        _ body: @escaping @Sendable (DiskQueueError?) -> Void
    ) {
        let schedules = state.withLock { state in
            state.dirtyLogs[log.topicID] = log
            state.waiters.append((log.topicID, body))
            defer { state.isRoundScheduled = true }
            return !state.isRoundScheduled
        }
        if schedules { syncQueue.async { self.runRound() } }
    }

    /// Writes the metadata that changed so far.
    ///
    /// Blocking; never where metadata is written.
    package func writeMetadataNow() { metadataQueue.sync { self.writeMetadata() } }

    /// Writes and syncs everything that is left.
    ///
    /// Blocking.
    package func finish() {
        ledgerQueue.sync { self.flushLedgers() }
        syncQueue.sync { self.runRound() }
        metadataQueue.sync { self.writeMetadata() }
    }

    private func accept(_ work: Store.WorkRequest) {
        switch work {
        case .synchronize(let log, let isUrgent): noteDirty(log, isUrgent: isUrgent)
        case .watch(let log): noteOpen(log)
        case .flush(let ledger): noteDirty(ledger)
        case .record(let change): note(change)
        }
    }

    // MARK: - Syncs

    private func noteDirty(_ log: TopicLog, isUrgent: Bool) {
        noteOpen(log)
        guard policy != .never else { return }
        let schedules: (round: Bool, timer: Bool) = state.withLock { state in
            state.dirtyLogs[log.topicID] = log
            // Who waits for a sync asks for one; the others can wait for a pause.
            if isUrgent, policy != .always {
                defer { state.isUrgentRoundScheduled = true }
                return (!state.isUrgentRoundScheduled, false)
            }
            defer { state.isTimerScheduled = true }
            return (false, !state.isTimerScheduled)
        }
        if schedules.round {
            syncQueue.asyncAfter(deadline: .now() + Self.syncPause) {
                self.state.withLock { $0.isUrgentRoundScheduled = false }
                self.runRound()
            }
        }
        if schedules.timer { startTimer() }
    }

    private func startTimer() {
        let interval = DispatchTimeInterval.nanoseconds(
            Int(clamping: store.configuration.syncIntervalNanoseconds)
        )
        syncQueue.asyncAfter(deadline: .now() + interval) {
            self.state.withLock { $0.isTimerScheduled = false }
            self.runRound()
        }
    }

    /// Syncs every dirty log once, then answers who waited when the round began.
    private func runRound() {
        let (logs, waiters, ledgers) = state.withLock { state in
            defer {
                state.dirtyLogs.removeAll()
                state.waiters.removeAll()
                state.unsyncedLedgers.removeAll()
                state.isRoundScheduled = false
            }
            return (state.dirtyLogs, state.waiters, state.unsyncedLedgers)
        }
        let time = store.configuration.time
        let start = time.monotonicNanoseconds
        let failures =
            logs.count > Self.manyLogs
            ? TopicLog.synchronizeTogether(
                Array(logs.values),
                below: store.configuration.dataPath,
                in: store.configuration.fileSystem
            ) : TopicLog.synchronizeEach(Array(logs.values))
        for waiter in waiters { waiter.body(failures[waiter.topicID]) }
        if !logs.isEmpty {
            store.observe(.synchronized(nanoseconds: time.monotonicNanoseconds - start))
        }
        for (topicID, failure) in failures where failure.code == .io {
            if let log = logs[topicID] { noteDirty(log, isUrgent: false) }
        }
        guard policy != .never else { return }
        for ledger in ledgers.values {
            do throws(DiskQueueError) {
                try ledger.synchronize()
            } catch {
                store.observe(.ledgerFailed(path: ledger.path, reason: error.message))
            }
        }
    }

    // MARK: - Idle files

    /// Pause between two looks for what has gone quiet.
    static let sweepInterval = DispatchTimeInterval.seconds(2)

    private func noteOpen(_ log: TopicLog) {
        scheduleSweep(isCrowded: idle.watch(log))
    }

    private func scheduleSweep(isCrowded: Bool) {
        let isFirst = state.withLock { state in
            if isCrowded {
                defer { state.isCrowdSweepScheduled = true }
                return !state.isCrowdSweepScheduled
            }
            defer { state.isSweepScheduled = true }
            return !state.isSweepScheduled
        }
        guard isFirst else { return }
        syncQueue.asyncAfter(deadline: .now() + (isCrowded ? Self.syncPause : Self.sweepInterval)) {
            self.sweep(isCrowded: isCrowded)
        }
    }

    private func sweep(isCrowded: Bool) {
        if isCrowded { runRound() }
        state.withLock { state in
            if isCrowded {
                state.isCrowdSweepScheduled = false
            } else {
                state.isSweepScheduled = false
            }
        }
        if idle.sweep(all: isCrowded) { scheduleSweep(isCrowded: false) }
    }

    // MARK: - Ledgers

    private func noteDirty(_ ledger: Ledger) {
        let isFirst = state.withLock { state in
            state.dirtyLedgers.append(ledger)
            return state.dirtyLedgers.count == 1
        }
        if isFirst {
            ledgerQueue.asyncAfter(deadline: .now() + Self.ledgerDelay) { self.flushLedgers() }
        }
    }

    private func flushLedgers() {
        let ledgers = state.withLock { state in
            defer { state.dirtyLedgers.removeAll() }
            return state.dirtyLedgers
        }
        for ledger in ledgers {
            do throws(DiskQueueError) {
                let isOversize = try ledger.flush()
                if isOversize { oversize(ledger) }
            } catch {
                store.observe(.ledgerFailed(path: ledger.path, reason: error.message))
                ledgerQueue.asyncAfter(deadline: .now() + Self.retryDelay) {
                    self.noteDirty(ledger)
                }
            }
        }
        for ledger in ledgers { scheduleSweep(isCrowded: idle.watch(ledger)) }
        guard policy != .never, !ledgers.isEmpty else { return }
        let startsTimer = state.withLock { state in
            for ledger in ledgers { state.unsyncedLedgers[ObjectIdentifier(ledger)] = ledger }
            defer { state.isTimerScheduled = true }
            return !state.isTimerScheduled
        }
        if startsTimer { startTimer() }
    }

    // MARK: - Metadata

    private func note(_ change: MetadataChange) {
        let isFirst = state.withLock { state in
            state.changes.append(change)
            return state.changes.count == 1
        }
        if isFirst { metadataQueue.async { self.writeMetadata() } }
    }

    private func writeMetadata() {
        let changes = state.withLock { state in
            defer { state.changes.removeAll() }
            return state.changes
        }
        guard !changes.isEmpty else { return }
        do throws(DiskQueueError) {
            try store.metadata.apply(changes)
        } catch {
            store.observe(.metadataFailed(reason: error.message))
            if error.code == .noSpace { retry(changes) }
        }
        metadataChanged(changes)
    }
    /// Has changes written later: the disk was full.
    ///
    /// After any other failure the next start mends the metadata from the segments.
    private func retry(_ changes: [MetadataChange]) {
        state.withLock { $0.changes.insert(contentsOf: changes, at: 0) }
        metadataQueue.asyncAfter(deadline: .now() + Self.retryDelay) { self.writeMetadata() }
    }
}
