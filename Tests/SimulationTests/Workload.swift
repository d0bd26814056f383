import Broker
import DiskQueue
import DiskQueueTesting
import NSQCore
import Synchronization

/// A seeded client and operator of the real engine, noting in the disk's log all that it does.
final class Workload {
    /// The disk.
    let disk: SimulatedFileSystem
    /// What happened, in order; the disk's marks say when.
    private(set) var events: [Event] = []
    /// What is promised at the moment.
    private(set) var promises: Promises
    /// What the metadata held at some moments, each with the number of events before it.
    private(set) var metadataStates: [(eventCount: Int, state: MemoryMetadataStore.State)]
    /// Publishes and changes that were refused.
    private(set) var refusals: [String] = []
    /// What no history permits, seen while the engine ran.
    private(set) var violations: [String] = []
    /// Numbers the next message, topic and channel.
    private(set) var nextNumber: UInt64

    var random: SeededGenerator
    let engine: Engine
    let time: ManualTime
    private let fileSystem: any FileSystem
    private(set) var broker: Broker
    private(set) var consumers: [ChannelNumber: SimulatedConsumer] = [:]
    private var metadata: MemoryMetadataStore
    private let changes = Changes()

    /// The marks that number the events.
    static let eventKind: Mark.Kind = "event"

    /// How the next workload goes on.
    struct Start {
        var image: DiskImage
        var promises: Promises
        var past = Engine.Past.died
        var metadata = MemoryMetadataStore.State()
        var nextNumber: UInt64 = 1
    }

    private final class Changes: Sendable {
        let list = Mutex<[MetadataChange]>([])
    }

    /// Opens the engine on the disk of `start`, perhaps through a file system with planted bugs.
    init(
        _ start: Start,
        _ engine: Engine,
        seed: UInt64,
        planting bugs: PlantedBugs = [],
        faults: [DiskFault] = []
    ) throws {
        disk = SimulatedFileSystem(image: start.image)
        fileSystem = bugs.isEmpty ? disk : FaultyFileSystem(disk, bugs: bugs, shortWritePeriod: 7)
        random = SeededGenerator(seed: seed)
        self.engine = engine
        promises = start.promises
        time = ManualTime(wallNanoseconds: Int64(start.promises.now) * 1_000_000)
        metadata = MemoryMetadataStore(start.metadata)
        metadataStates = [(0, start.metadata), (0, MemoryMetadataStore.State())]
        nextNumber = start.nextNumber
        broker = try engine.open(fileSystem, after: start.past, time: time, metadata: metadata)
        attach()
        for fault in faults { disk.inject(fault) }
    }

    /// Notes what happened.
    func note(_ event: Event) {
        disk.mark(Mark(Self.eventKind, UInt64(events.count)))
        events.append(event)
        promises.apply(event)
    }

    /// A number that was not used before.
    func number() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Notes that something was refused, or went wrong.
    func refuse(_ error: any Error) {
        if error is Violation { violations.append("\(error)") } else { refusals.append("\(error)") }
    }

    private func attach() {
        let changes = changes
        broker.onWork { work in
            if case .record(let change) = work { changes.list.withLock { $0.append(change) } }
        }
    }

    /// Commits the metadata that changed.
    func commitMetadata() {
        let pending = changes.list.withLock { list in
            defer { list = [] }
            return list
        }
        do {
            try metadata.apply(pending)
        } catch { refuse(error) }
        metadataStates.append((events.count, metadata.state))
    }

    /// Lets time pass, and has the broker look at what is due.
    func pass(_ duration: Duration) {
        time.advance(by: duration)
        note(.clock(UInt64(time.wallNanoseconds / 1_000_000)))
        broker.processDue()
        for consumer in consumers.values { consumer.expire(at: time.monotonicNanoseconds) }
    }

    /// The consumer of a channel, subscribed when there is none.
    func consumer(of number: ChannelNumber) -> SimulatedConsumer? {
        if let consumer = consumers[number] { return consumer }
        guard let topic = promises.topics[number.topic],
            let name = topic.channels[number.channel]?.name,
            let channel = self.topic(topic.name)?.existingChannel(named: name)
        else { return nil }
        let timeout: Int64 = random.below(2) == 0 ? 3_000_000_000 : 60_000_000_000
        // SWALLOW: a channel that is closing has no consumers.
        let consumer = try? SimulatedConsumer(channel, timeout: timeout)
        consumers[number] = consumer
        return consumer
    }

    /// The topic of that name, if there is one.
    func topic(_ name: String) -> Topic? {
        TopicName(name).flatMap { broker.existingTopic($0) }
    }

    /// Lets consumers go whose channel is gone.
    func dropConsumers(where isGone: (ChannelNumber) -> Bool) {
        consumers = consumers.filter { !isGone($0.key) }
    }

    /// Ends the process, in good order or not, and opens the store again on the same disk.
    func restart(isClean: Bool) throws {
        var isClean = isClean
        if isClean {
            let hasClosed = Atomic(false)
            broker.onClosed { hasClosed.store(true, ordering: .relaxed) }
            broker.shutDown()
            isClean = hasClosed.load(ordering: .relaxed)
        }
        if isClean {
            for (topic, promised) in promises.topics {
                note(.synchronized(topic: topic))
                for channel in promised.present.members.keys {
                    let number = ChannelNumber(topic: topic, channel: channel)
                    note(.flushed(number))
                    note(.ledgerSynchronized(number))
                }
            }
        }
        consumers = [:]
        changes.list.withLock { $0 = [] }
        metadata = MemoryMetadataStore(metadata.state)
        broker = try engine.open(
            fileSystem,
            after: isClean ? .clean : .died,
            time: time,
            metadata: metadata
        )
        attach()
        let found = try Observation(
            disk.image,
            engine,
            after: .died,
            wallMilliseconds: promises.now
        )
        let violations = promises.violations(in: found)
        if let first = violations.first { throw Violation("after a restart: \(first)") }
        note(.restarted(found))
    }
}

extension Topic {
    /// The channel of that name, if there is one.
    func existingChannel(named name: String) -> Channel? {
        ChannelName(name).flatMap { existingChannel($0) }
    }
}
