package import Broker
private import DiskQueue
private import NSQCore
private import ServerSupport

extension BrokerServer {
    /// Locks the data path, opens the store on it and the broker over it.
    ///
    /// Blocking; off the event loops.
    ///
    /// - Throws: ``DiskQueueError``.
    package static func openBroker(
        _ configuration: NSQDConfiguration,
        _ observe: @escaping @Sendable (BrokerEvent) -> Void,
        locked: (_ notes: [String]) -> Void
    ) throws -> Broker {
        let policy: SyncPolicy =
            switch configuration.fsync {
            case .interval: .interval
            case .always: .always
            case .never: .never
            }
        let dataPath = try DataPath(
            configuration.dataPath,
            syncPolicy: policy,
            rebuildsMetadata: configuration.rebuildsMetadata
        )
        locked(dataPath.notes)
        guard let nodeID = NodeID(configuration.nodeID) else {
            throw DiskQueueError(.unusable, "node id \(configuration.nodeID) is not in 0...1023")
        }
        var store = dataPath.configuration(nodeID: nodeID, time: SystemTime())
        store.syncPolicy = policy
        store.reserveBytes = SpaceReserve.ordinaryBytes
        store.maximumSegmentBytes = configuration.maximumSegmentBytes
        store.syncEvery = max(1, configuration.syncEvery)
        store.syncIntervalNanoseconds = configuration.syncTimeout.wholeNanoseconds
        var limits = BrokerConfiguration()
        limits.memoryQueueSize = configuration.memoryQueueSize
        if !configuration.latencyQuantiles.isEmpty {
            limits.latencyWindow = configuration.latencyWindow.wholeNanoseconds
        }
        limits.maximumChannelConsumers = configuration.maximumChannelConsumers
        limits.maximumMessageTimeout = configuration.maximumMessageTimeout.wholeNanoseconds
        do throws(DiskQueueError) {
            try takeOver(dataPath, store, configuration, observe)
            let broker = try Broker.open(
                store: store,
                metadata: dataPath.metadata,
                limits: limits,
                isAutomatic: true,
                observe: observe
            )
            broker.onClosed { [lock = dataPath.lock] in try lock.markClean() }
            try dataPath.lock.markRecovered()
            return broker
        } catch {
            if error.code == .unsupportedVersion { try dataPath.lock.abandon() }
            throw error
        }
    }

    /// Makes a store of what a Go nsqd left in the data path, once.
    private static func takeOver(
        _ dataPath: DataPath,
        _ store: StoreConfiguration,
        _ configuration: NSQDConfiguration,
        _ observe: (BrokerEvent) -> Void
    ) throws(DiskQueueError) {
        var options = GoImportOptions()
        options.allow(configuration.maximumMessageBytes)
        let outcome = try GoTakeOver(store.dataPath).run(
            store,
            known: dataPath.isNew ? try dataPath.metadata.load() : StoredMetadata(),
            options: options
        )
        guard let outcome else { return }
        for warning in outcome.warnings { observe(.skipped(warning)) }
        if let summary = outcome.summary { observe(.tookOver(summary)) }
    }
}
