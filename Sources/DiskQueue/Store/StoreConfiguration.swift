package import NSQCore

/// When a publish counts as done.
///
/// Source: design §3, `--fsync`.
package enum SyncPolicy: Sendable, Equatable {
    /// Once written; synced in the background: survives the death of the process, and power loss but for the
    /// last interval.
    case interval
    /// Once synced: survives power loss.
    case always
    /// Once written; the system syncs when it likes: survives the death of the process.
    case never
}

/// How a store is opened.
package struct StoreConfiguration: Sendable {
    /// The data path; the store's folders lie in it.
    package var dataPath: String
    /// The file system that holds it.
    package var fileSystem: any FileSystem
    /// The node bits of message ids.
    package var nodeID: NodeID
    /// A segment rolls before it would exceed this many bytes.
    package var maximumSegmentBytes = 32 * 1024 * 1024
    /// When a publish counts as done.
    package var syncPolicy = SyncPolicy.interval
    /// Unsynced messages after which a background sync begins at once.
    package var syncEvery = 2500
    /// Longest wait of an unsynced message for a background sync, nanoseconds.
    package var syncIntervalNanoseconds: Int64 = 2_000_000_000
    /// Bytes of disk kept for ledgers when the disk is full; 0 for none.
    package var reserveBytes = 0
    /// Where time comes from.
    package var time: any TimeSource
    /// Which of recovery's checks are made.
    package var checks = RecoveryChecks.all
    /// Whether the last run closed its store.
    package var wasClean: Bool
    /// Whether the machine may have lost what was not synced since.
    package var mayHaveLostPower: Bool

    /// Composes a configuration; the rest has the defaults of the flags.
    package init(
        dataPath: String,
        fileSystem: any FileSystem,
        nodeID: NodeID,
        time: any TimeSource,
        wasClean: Bool,
        mayHaveLostPower: Bool
    ) {
        self.dataPath = dataPath
        self.fileSystem = fileSystem
        self.nodeID = nodeID
        self.time = time
        self.wasClean = wasClean
        self.mayHaveLostPower = mayHaveLostPower
    }
}

/// What a store reports; the daemon logs it.
package enum StoreEvent: Sendable {
    /// Something in a topic's log happened.
    case log(topicID: UInt64, LogEvent)
    /// A ledger could not be written; its entries are held.
    case ledgerFailed(path: String, reason: String)
    /// The metadata could not be written; segments and ledgers describe themselves meanwhile.
    case metadataFailed(reason: String)
    /// Files of a deleted segment or topic could not be removed.
    case removalFailed(reason: String)
    /// A round of syncs over all topics with something to sync took that long.
    case synchronized(nanoseconds: Int64)
    /// What recovery found at an unclean start.
    case recovered(RecoveryReport)
}

/// What recovery found in the whole store.
package struct RecoveryReport: Sendable, Equatable {
    /// Topics that were opened.
    package var topicCount = 0
    /// Whether the store had been closed.
    package var wasClean = false
    /// What was found in each topic that was not as expected.
    package var topics: [TopicRecoveryReport] = []
    /// One line for each other thing that was not as expected.
    package var notes: [String] = []

    /// Whether everything was as expected.
    package var isClean: Bool { topics.isEmpty && notes.isEmpty }
}
