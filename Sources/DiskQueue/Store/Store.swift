internal import NSQCore
internal import Synchronization

/// The durable half of a broker: the logs, ledgers and metadata of one data path.
///
/// Isolation: callable from any thread. Background work runs where its owner lets it: the daemon attaches
/// ``BackgroundWork``, a simulator calls the steps itself.
package final class Store: Sendable {
    let configuration: StoreConfiguration
    let logConfiguration: LogConfiguration
    /// The metadata.
    package let metadata: any MetadataStore
    let topicsFolder: String
    let observe: @Sendable (StoreEvent) -> Void
    let nextTopicID: Mutex<UInt64>
    private let worker = Mutex(Worker())

    /// Who is told of work.
    ///
    /// A struct, because a closure read out of a generic box is wrapped anew each time.
    private struct Worker {
        var accept: (@Sendable (WorkRequest) -> Void)?
        /// What recovery asked for before anybody was there to do it.
        var waiting: [WorkRequest] = []
    }

    /// Work that a store asks for.
    package enum WorkRequest: Sendable {
        /// A topic has bytes to sync.
        case synchronize(TopicLog, isUrgent: Bool)
        /// A topic has files open.
        case watch(TopicLog)
        /// A ledger has entries to write.
        case flush(Ledger)
        /// The metadata changed.
        case record(MetadataChange)
    }

    init(
        configuration: StoreConfiguration,
        logConfiguration: LogConfiguration,
        metadata: any MetadataStore,
        nextTopicID: UInt64,
        observe: @escaping @Sendable (StoreEvent) -> Void
    ) {
        self.configuration = configuration
        self.logConfiguration = logConfiguration
        self.metadata = metadata
        self.observe = observe
        self.nextTopicID = Mutex(nextTopicID)
        topicsFolder = Self.topicsFolder(in: configuration.dataPath)
    }

    /// Whether the last run had ended in good order.
    package var wasClean: Bool { configuration.wasClean }

    /// The directory that holds the folders of all topics.
    static func topicsFolder(in dataPath: String) -> String { "\(dataPath)/topics" }

    /// Sets who is told of work; called once, before the store is used.
    package func attach(_ handler: @escaping @Sendable (WorkRequest) -> Void) {
        let waiting = worker.withLock { worker in
            worker.accept = handler
            defer { worker.waiting.removeAll() }
            return worker.waiting
        }
        waiting.forEach(handler)
    }

    func request(_ work: WorkRequest) {
        let accept = worker.withLock { worker in
            if worker.accept == nil { worker.waiting.append(work) }
            return worker
        }.accept
        accept?(work)
    }

    // MARK: - Topics

    /// Milliseconds of the epoch of first sequences: 2025-01-01, UTC.
    static let sequenceEpochMilliseconds: Int64 = 1_735_689_600_000

    /// Makes a topic: its folder and first segment at once, its metadata in the background.
    ///
    /// `start`: the first sequence; by the clock when it is left out.
    /// `createdMilliseconds`: when it was first made, elsewhere; now when not told.
    package func createTopic(
        _ name: String,
        start: UInt64? = nil,
        createdMilliseconds: Int64? = nil
    ) throws(DiskQueueError) -> TopicLog {
        let id = nextTopicID.withLock { next in
            defer { next += 1 }
            return next
        }
        let now = configuration.time.wallNanoseconds / 1_000_000
        let relay = LogRelay(store: self, topicID: id)
        let log = try TopicLog.create(
            topicID: id,
            name: name,
            start: start ?? Self.firstSequence(atMilliseconds: now),
            parent: topicsFolder,
            configuration: logConfiguration,
            report: relay.handler
        )
        relay.attach(log)
        record(
            .topicSaved(
                TopicRecord(
                    id: id,
                    name: name,
                    isPaused: false,
                    createdMilliseconds: createdMilliseconds ?? now
                )
            )
        )
        return log
    }

    /// The first sequence of a topic made at `milliseconds` since the Unix epoch: ids keep rising when a topic
    /// is deleted and made again.
    package static func firstSequence(atMilliseconds milliseconds: Int64) -> UInt64 {
        UInt64(max(1, milliseconds - sequenceEpochMilliseconds)) << 12
    }

    /// Deletes a topic for good.
    package func deleteTopic(_ log: TopicLog) throws(DiskQueueError) {
        try log.delete()
        record(.topicDeleted(id: log.topicID))
    }

    /// A new channel's ledger; the file is made when there is something to write.
    package func createLedger(
        of log: TopicLog,
        channelID: UInt64,
        channelName: String
    ) -> Ledger {
        Ledger(
            folder: log.folder,
            header: LedgerHeader(
                topicID: log.topicID,
                channelID: channelID,
                channelName: channelName,
                generation: 0,
                uuid: UInt64.random(in: 1...UInt64.max)
            ),
            end: 0,
            fileSystem: configuration.fileSystem,
            reserve: logConfiguration.reserve,
            dirtied: { [weak self] in self?.request(.flush($0)) }
        )
    }

    /// Removes a deleted channel's ledger and its metadata.
    ///
    /// Blocking: what says that the channel is gone must outlive its ledger, or a power loss brings back
    /// the channel with all that it had finished. A ledger that stays behind is removed by the next start.
    package func deleteLedger(_ ledger: Ledger, of log: TopicLog, channelID: UInt64) {
        do throws(DiskQueueError) {
            if configuration.fileSystem.exists(ledger.path) {
                try log.synchronize()
                do {
                    try configuration.fileSystem.remove(ledger.path)
                } catch {
                    throw DiskQueueError(error)
                }
            }
        } catch {
            observe(.removalFailed(reason: error.message))
        }
        record(.channelDeleted(topicID: log.topicID, id: channelID))
    }

    /// Replaces a ledger by one that begins with `state`, and keeps a copy of the state in the metadata.
    ///
    /// `state` was taken at the ledger's last ``Ledger/cut()``.
    package func checkpoint(
        _ ledger: Ledger,
        state: ChannelState,
        topicID: UInt64,
        channelID: UInt64
    ) throws(DiskQueueError) {
        let generation = try ledger.install(state)
        record(
            .checkpointTaken(
                CheckpointRecord(
                    topicID: topicID,
                    channelID: channelID,
                    generation: generation,
                    ackFloor: state.ackFloor,
                    state: state.encoded(),
                    takenMilliseconds: configuration.time.wallNanoseconds / 1_000_000
                )
            )
        )
    }

    /// Has a change written to the metadata, in the background and in order.
    package func record(_ change: MetadataChange) { request(.record(change)) }

    /// Ends the store's use of its files.
    package func close() { metadata.close() }
}

/// Hands what a log reports to its store, which the log must not keep alive.
///
/// SAFETY: `@unchecked Sendable` because `log` and `early` are written by the thread that makes the log, before
/// the log is handed to anyone.
final class LogRelay: @unchecked Sendable {
    private weak var store: Store?
    private let topicID: UInt64
    private weak var log: TopicLog?
    /// What the log reported while it was being made.
    private var early: [LogEvent] = []

    init(store: Store, topicID: UInt64) {
        self.store = store
        self.topicID = topicID
    }

    /// Sets whose events these are, and passes on those that came before.
    func attach(_ log: TopicLog) {
        self.log = log
        early.forEach(handler)
        early.removeAll()
    }

    /// What the log calls.
    var handler: @Sendable (LogEvent) -> Void {
        { [self] event in
            guard let store else { return }
            guard log != nil else {
                early.append(event)
                return
            }
            switch event {
            case .dirtied(let isUrgent):
                if let log { store.request(.synchronize(log, isUrgent: isUrgent)) }
            case .opened:
                if let log { store.request(.watch(log)) }
            case .sealed(let record):
                store.record(.segmentSealed(record))
            case .removed(let firstSequence):
                store.record(.segmentDeleted(topicID: topicID, firstSequence: firstSequence))
            case .quarantined, .movedForward, .poisoned:
                store.observe(.log(topicID: topicID, event))
            }
        }
    }
}
