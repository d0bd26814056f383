package import DiskQueue
import NSQCore
import Synchronization

extension Broker {
    /// Opens the store of a data path and the broker over it.
    ///
    /// Blocking; off the event loops.
    ///
    /// `isAutomatic`: whether timers and background work run by themselves; tests run them.
    /// Throws `.unsupportedVersion` with nothing changed; `.io`.
    package static func open(
        store configuration: StoreConfiguration,
        metadata: any MetadataStore,
        limits: BrokerConfiguration,
        isAutomatic: Bool,
        observe: @escaping @Sendable (BrokerEvent) -> Void
    ) throws(DiskQueueError) -> Broker {
        let file = NSQDDatFile(
            dataPath: configuration.dataPath,
            fileSystem: configuration.fileSystem
        )
        let (store, recovered) = try Store.open(configuration, metadata: metadata) {
            observe(.store($0))
        }
        let writer = DocumentWriter(file: file, store: store, observe: observe)
        let ledgers = LedgerOwners()
        let background =
            isAutomatic
            ? BackgroundWork(
                store: store,
                oversize: { ledgers.checkpoint($0, in: store, observe: observe) },
                metadataChanged: { writer.write(after: $0) }
            ) : nil
        if !isAutomatic { store.attach { _ in } }
        let shared = BrokerShared(
            configuration: limits,
            store: store,
            background: background,
            time: configuration.time,
            deadlines: DeadlineScheduler(time: configuration.time, isAutomatic: isAutomatic),
            waitsForSync: configuration.syncPolicy == .always,
            observe: observe
        )
        let broker: Broker
        do throws(FileSystemError) {
            broker = Broker(
                shared: shared,
                ephemeral: try EphemeralLogs(nodeID: configuration.nodeID, time: configuration.time)
            )
        } catch {
            throw DiskQueueError(error)
        }
        for topic in recovered { try broker.restore(topic) }
        ledgers.attach(broker)
        writer.attach(broker)
        try file.removeLeftovers()
        writer.write(reason: "start")
        return broker
    }

    /// Takes over a topic as recovery found it.
    private func restore(_ recovered: RecoveredTopic) throws(DiskQueueError) {
        guard let name = TopicName(recovered.name) else {
            shared.report(.skipped("skipping a stored topic of invalid name \(recovered.name)"))
            return
        }
        let log = recovered.log
        let topic = adopt(
            name,
            log: log,
            createdMilliseconds: recovered.createdMilliseconds
        )
        var roster = topic.state.withLock { $0.roster }
        if roster.members.isEmpty, roster.heldPump == nil {
            // It had ephemeral channels only. The log must say so too: what is published from here on waits
            // for the first channel, through further restarts.
            roster.heldPump = log.endSequence
            try log.record(roster)
        }
        let pump = roster.heldPump ?? log.endSequence
        let floor = recovered.channels.map(\.state.ackFloor).min() ?? pump
        let deferred = try log.deferredBatches(from: min(floor, pump))
        topic.state.withLock { state in
            state.roster = roster
            state.heldDeferred = deferred.filter { $0.sequences.lowerBound >= pump }
            state.gaps = log.gaps(from: pump)
            state.storedEnd = log.endSequence
        }
        for channel in recovered.channels {
            restore(
                channel,
                of: topic,
                pump: pump,
                deferred: deferred.filter { $0.sequences.lowerBound < pump }
            )
        }
        insert(topic)
        shared.report(.topicCreated(name.text))
        // Held for channels that it had elsewhere when the process died: nobody asks for them any more.
        if roster.heldPump != nil, !roster.members.isEmpty { topic.open(with: []) }
        topic.scheduleCollection()
    }

    private func restore(
        _ recovered: RecoveredChannel,
        of topic: Topic,
        pump: UInt64,
        deferred: [DeferredBatch]
    ) {
        guard let name = ChannelName(recovered.member.name) else {
            shared.report(.skipped("skipping a stored channel of invalid name"))
            return
        }
        let now = shared.time.monotonicNanoseconds
        let wall = shared.wallMilliseconds
        // A ledger may name messages that a power loss took with it.
        let floor = min(max(recovered.state.ackFloor, recovered.member.startSequence), pump)
        var core = ChannelCore(
            start: floor,
            isPaused: recovered.member.isPaused,
            capacity: nil
        )
        core.advance(
            to: pump,
            count: 0,
            gaps: topic.log.gaps(from: floor).map { $0.clamped(to: 0..<pump) },
            deferred: []
        )
        core.restore(recovered.state, now: now, wallMilliseconds: wall)
        // What was in flight waits again.
        if recovered.state.deliveredEnd > floor { recovered.ledger.delivered(below: floor) }
        // The metadata's copy is older than the ledger: a clean stop has to bring it up to date.
        core.isChanged = !shared.store.wasClean
        core.storedEnd = pump
        for batch in deferred {
            let redelivery = ChannelState.Redelivery(
                attempts: 0,
                dueMilliseconds: batch.untilMilliseconds,
                delayMilliseconds: batch.delayMilliseconds
            )
            let wait = ChannelCore.wait(redelivery, wallMilliseconds: wall)
            guard wait > 0 else { continue }
            core.advance(
                to: pump,
                count: 0,
                gaps: [],
                deferred: [(batch: batch, due: now &+ wait)]
            )
        }
        let due = core.dueToSchedule()
        let channel = Channel(
            name: name,
            id: recovered.member.id,
            core: core,
            ledger: recovered.ledger,
            topic: topic
        )
        topic.state.withLock { $0.channels.append(channel) }
        shared.report(.channelCreated(topic: topic.name.text, channel: name.text))
        channel.schedule(due)
    }
}

/// Keeps `nsqd.dat` and the snapshots in the metadata up to date.
final class DocumentWriter: Sendable {
    private let file: NSQDDatFile
    private let store: Store
    private let observe: @Sendable (BrokerEvent) -> Void
    private let broker = Mutex<WeakBroker>(WeakBroker())
    /// Held over a write: the start writes beside the metadata's queue.
    private let turn = Mutex<Void>(())

    struct WeakBroker {
        weak var broker: Broker?
    }

    init(file: NSQDDatFile, store: Store, observe: @escaping @Sendable (BrokerEvent) -> Void) {
        self.file = file
        self.store = store
        self.observe = observe
    }

    /// Sets whose topics are written.
    func attach(_ broker: Broker) { self.broker.withLock { $0.broker = broker } }

    /// Writes the document when one of `changes` shows in it.
    func write(after changes: [MetadataChange]) {
        let reasons = changes.compactMap(\.documentReason)
        if let last = reasons.last { write(reason: last) }
    }

    /// Writes the document.
    ///
    /// Blocking; where metadata is written.
    func write(reason: String) { turn.withLock { _ in writeAlone(reason: reason) } }

    private func writeAlone(reason: String) {
        guard let broker = broker.withLock({ $0.broker }) else { return }
        let document = NSQDDat(
            topics: broker.all.filter { !$0.name.isEphemeral }.map { topic in
                let snapshot = topic.snapshot
                return NSQDDat.Topic(
                    name: topic.name,
                    isPaused: snapshot.isPaused,
                    channels: snapshot.channels.map {
                        NSQDDat.Channel(name: $0.name, isPaused: $0.isPaused)
                    }
                )
            }
        )
        observe(.persisting(path: file.path))
        do throws(DiskQueueError) {
            try file.write(document)
            try store.metadata.apply([
                .snapshotTaken(
                    SnapshotRecord(
                        takenMilliseconds: Int64(clamping: broker.shared.wallMilliseconds),
                        reason: reason,
                        document: document.text
                    )
                )
            ])
        } catch {
            observe(.failed("cannot persist metadata: \(error.message)"))
        }
    }
}

extension MetadataChange {
    /// Why the change shows in `nsqd.dat`; `nil` when it does not.
    fileprivate var documentReason: String? {
        switch self {
        case .topicSaved(let topic): "topic saved: \(topic.name)"
        case .topicDeleted(let id): "topic deleted: \(id)"
        case .channelSaved(let channel): "channel saved: \(channel.name)"
        case .channelDeleted(_, let id): "channel deleted: \(id)"
        case .segmentSealed, .segmentDeleted, .checkpointTaken, .snapshotTaken: nil
        }
    }
}

/// Finds the channel of a ledger that has grown too long.
final class LedgerOwners: Sendable {
    private let broker = Mutex<DocumentWriter.WeakBroker>(DocumentWriter.WeakBroker())

    /// Sets whose channels are looked through.
    func attach(_ broker: Broker) { self.broker.withLock { $0.broker = broker } }

    /// Checkpoints the channel that writes `ledger`, where metadata is written.
    func checkpoint(
        _ ledger: Ledger,
        in store: Store,
        observe: @escaping @Sendable (BrokerEvent) -> Void
    ) {
        guard let broker = broker.withLock({ $0.broker }), ledger.beginCheckpoint() else { return }
        broker.shared.perform {
            defer { ledger.endCheckpoint() }
            for topic in broker.all {
                let channels = topic.state.withLock { $0.channels }
                guard let channel = channels.first(where: { $0.ledger === ledger }) else {
                    continue
                }
                do throws(DiskQueueError) {
                    try channel.checkpoint(in: store)
                } catch {
                    observe(.failed("cannot checkpoint \(ledger.path): \(error.message)"))
                }
                return
            }
        }
    }
}
