import Broker
import DiskQueue
import DiskQueueTesting
import NSQCore

/// How the engine is opened in a simulation.
struct Engine {
    /// The daemon's last end, as its run marker tells.
    enum Past {
        /// It closed its store.
        case clean
        /// The process died.
        case died
        /// The machine lost power.
        case lostPower
    }

    /// When a publish counts as done.
    var policy = SyncPolicy.always
    /// A segment rolls before it would exceed this.
    var segmentBytes = 1_200
    /// The checks of recovery.
    var checks = RecoveryChecks.all

    /// Opens a broker that does nothing by itself.
    func open(
        _ fileSystem: any FileSystem,
        after past: Past,
        time: any TimeSource,
        metadata: MemoryMetadataStore,
        observe: @escaping @Sendable (BrokerEvent) -> Void = { _ in }
    ) throws -> Broker {
        guard let node = NodeID(7) else { throw Violation("no node id") }
        var configuration = StoreConfiguration(
            dataPath: "/data",
            fileSystem: fileSystem,
            nodeID: node,
            time: time,
            wasClean: past == .clean,
            mayHaveLostPower: past == .lostPower
        )
        configuration.maximumSegmentBytes = segmentBytes
        configuration.syncPolicy = policy
        configuration.checks = checks
        return try Broker.open(
            store: configuration,
            metadata: metadata,
            limits: BrokerConfiguration(),
            isAutomatic: false,
            observe: observe
        )
    }

    /// A disk on which the data path exists.
    static func newDisk() throws -> DiskImage {
        try DiskImage(files: ["/data/nsqd.lock": []])
    }
}
