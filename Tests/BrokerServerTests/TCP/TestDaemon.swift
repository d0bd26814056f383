import Broker
import BrokerServer
import DiskQueue
import DiskQueueTesting
import Logging
import NIOEmbedded
import NSQCore

/// A broker on a disk in memory, whose time and background work stand still, and connections to it.
///
/// Daemon and connections hold each other, so that neither goes before the last line of a test.
final class TestDaemon {
    let broker: Broker
    let disk: SimulatedFileSystem
    let time = ManualTime()
    let clients = ClientRegistry()
    var configuration = NSQDConfiguration()

    private var connections: [TestConnection] = []

    /// Opens an empty store.
    init(fsync: SyncPolicy = .interval, maximumConsumers: Int = 0) throws {
        disk = SimulatedFileSystem()
        try disk.makeDirectory("data")
        guard let nodeID = NodeID(1) else { throw BrokerError.exiting }
        var store = StoreConfiguration(
            dataPath: "data",
            fileSystem: disk,
            nodeID: nodeID,
            time: time,
            wasClean: true,
            mayHaveLostPower: false
        )
        store.syncPolicy = fsync
        var limits = BrokerConfiguration()
        limits.maximumChannelConsumers = maximumConsumers
        broker = try Broker.open(
            store: store,
            metadata: MemoryMetadataStore(),
            limits: limits,
            isAutomatic: false,
            observe: { _ in }
        )
    }

    /// A new connection, with the magic sent unless told otherwise.
    func connect(magic: String = "  V2") throws -> TestConnection {
        let environment = ConnectionEnvironment(
            broker: broker,
            clients: clients,
            configuration: configuration,
            tls: nil,
            auth: nil,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let connection = try TestConnection(environment, of: self)
        connections.append(connection)
        try connection.send(magic)
        return connection
    }

    /// A connection that consumes `t`/`c` with `readyCount`, after `identify` if it is not empty.
    func consumer(readyCount: Int, identify: String = "") throws -> TestConnection {
        let connection = try connect()
        if !identify.isEmpty { try connection.send("IDENTIFY", body: identify) }
        try connection.send("SUB t c\n")
        _ = connection.frames()
        try connection.send("RDY \(readyCount)\n")
        return connection
    }

    /// Lets every connection's loop run what was sent to it.
    func run() {
        for connection in connections { connection.run() }
    }

    /// What `/stats` knows of a topic.
    func topic(_ name: String) -> TopicStatistics? {
        broker.statistics(topic: name, channel: nil).first
    }

    /// Writes to any file so far.
    var writeCount: Int {
        disk.log.filter { if case .write = $0 { true } else { false } }.count
    }
}
