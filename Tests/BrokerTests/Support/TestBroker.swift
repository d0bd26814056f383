import Broker
import DiskQueue
import DiskQueueTesting
import NSQCore
import Synchronization
import Testing

/// A broker on a disk in memory whose time a test moves; it can be stopped, killed and started again.
final class TestBroker {
    /// How a run ended, and what the next one has to believe of it.
    enum End {
        /// Shut down in order.
        case clean
        /// The process died; what its ledgers had noted was written before.
        case killed
        /// The process died before the ledgers were written.
        case killedEarly
        /// As ``killed``, and the machine was started anew.
        case lostPower
    }

    let disk: any FileSystem
    let time = ManualTime()
    private(set) var broker: Broker
    private(set) var metadata = MemoryMetadataStore()
    private let events = EventList()
    private let limits: BrokerConfiguration
    private let segmentBytes: Int

    final class EventList: Sendable {
        private let list = Mutex<[BrokerEvent]>([])
        var all: [BrokerEvent] { list.withLock { $0 } }
        func append(_ event: BrokerEvent) { list.withLock { $0.append(event) } }
    }

    init(
        disk: any FileSystem = MemoryFileSystem(),
        segmentBytes: Int = 32 * 1024 * 1024,
        limits: BrokerConfiguration = BrokerConfiguration()
    ) throws {
        self.disk = disk
        self.limits = limits
        self.segmentBytes = segmentBytes
        try disk.makeDirectory("/data")
        broker = try Self.open(
            disk,
            time,
            metadata,
            limits,
            segmentBytes,
            after: nil,
            events
        )
    }

    /// Everything that was reported since the first start.
    var reported: [BrokerEvent] { events.all }

    /// Ends the run and starts the next one on the same disk; `meanwhile` is done in between.
    func restart(after end: End, meanwhile: () throws -> Void = {}) throws {
        switch end {
        case .clean: broker.shutDown()
        case .killed, .lostPower: try broker.flushLedgers()
        case .killedEarly: break
        }
        try meanwhile()
        metadata = MemoryMetadataStore(metadata.state)
        broker = try Self.open(disk, time, metadata, limits, segmentBytes, after: end, events)
    }

    private static func open(
        _ disk: any FileSystem,
        _ time: ManualTime,
        _ metadata: MemoryMetadataStore,
        _ limits: BrokerConfiguration,
        _ segmentBytes: Int,
        after end: End?,
        _ events: EventList
    ) throws -> Broker {
        let node = try #require(NodeID(5))
        var configuration = StoreConfiguration(
            dataPath: "/data",
            fileSystem: disk,
            nodeID: node,
            time: time,
            wasClean: end == nil || end == .clean,
            mayHaveLostPower: end == .lostPower
        )
        configuration.maximumSegmentBytes = segmentBytes
        return try Broker.open(
            store: configuration,
            metadata: metadata,
            limits: limits,
            isAutomatic: false,
            observe: { events.append($0) }
        )
    }

    // MARK: - What producers and operators do

    func topic(_ name: String = "orders") throws -> Topic {
        try broker.topic(try #require(TopicName(name)))
    }

    func channel(_ name: String = "c", of topic: String = "orders") throws -> Channel {
        try self.topic(topic).channel(try #require(ChannelName(name)))
    }

    /// Subscribes a new consumer, making topic and channel when needed.
    func consumer(
        _ channel: String = "c",
        of topic: String = "orders",
        ready: Int = 100_000,
        timeout: Duration = .seconds(60)
    ) throws -> TestConsumer {
        try TestConsumer(self.channel(channel, of: topic), ready: ready, timeout: timeout)
    }

    /// Publishes `bodies` as one publish.
    func publish(
        _ bodies: [String],
        to topic: String = "orders",
        after delay: Duration = .zero
    ) throws {
        try self.topic(topic).publish(bodies, after: delay)
    }

    func publish(_ body: String, to topic: String = "orders", after delay: Duration = .zero) throws
    {
        try publish([body], to: topic, after: delay)
    }

    func deleteTopic(_ name: String = "orders") throws {
        try broker.deleteTopic(try #require(TopicName(name)))
    }

    func deleteChannel(_ name: String = "c", of topic: String = "orders") throws {
        try self.topic(topic).deleteChannel(try #require(ChannelName(name)))
    }

    /// Lets time pass and does what is due.
    func pass(_ duration: Duration) {
        time.advance(by: duration)
        broker.processDue()
    }

    // MARK: - What is counted

    func statistics(_ topic: String = "orders") throws -> TopicStatistics {
        try #require(broker.statistics(topic: topic, channel: nil).first)
    }

    func statistics(of channel: String, in topic: String = "orders") throws -> ChannelStatistics {
        let found = broker.statistics(topic: topic, channel: channel).first
        return try #require(found?.channels.first)
    }

    /// Depth, in flight, deferred: the three places where a channel's messages may be.
    func counts(_ channel: String = "c", in topic: String = "orders") throws -> [Int64] {
        let found = try statistics(of: channel, in: topic)
        return [found.depth, found.inFlightCount, found.deferredCount]
    }

    /// The names of the segment files of all topics.
    func segmentFiles() throws -> [String] {
        try disk.list("/data/topics").flatMap { folder in
            try disk.list("/data/topics/\(folder)").filter { $0.hasSuffix(".segment") }
        }.sorted()
    }
}

extension Topic {
    /// Publishes `bodies` as one publish.
    func publish(_ bodies: [String], after delay: Duration = .zero) throws {
        let bytes = bodies.flatMap { Array($0.utf8) }
        try bytes.withUnsafeBytes { raw in
            var slices: [UnsafeRawBufferPointer] = []
            var offset = 0
            for body in bodies {
                let count = body.utf8.count
                slices.append(UnsafeRawBufferPointer(rebasing: raw[offset..<offset + count]))
                offset += count
            }
            try slices.withUnsafeBufferPointer { list in
                _ = try publish(list, deferral: delay.nanoseconds)
            }
        }
    }
}

extension [ReceivedMessage] {
    var bodies: [String] { map(\.body) }
}
