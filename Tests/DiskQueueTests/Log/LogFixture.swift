import DiskQueue
import DiskQueueTesting
import NSQCore
import Synchronization
import Testing

/// One topic's log on a simulated disk, written and read as a topic and its channels do it.
final class LogFixture {
    /// A message as it was read back.
    struct Message: Equatable {
        var sequence: UInt64
        var body: String
    }

    /// What the log and the store reported.
    final class Reports: Sendable {
        private let events = Mutex<[LogEvent]>([])
        private let recoveries = Mutex<[RecoveryReport]>([])

        var all: [LogEvent] { events.withLock { $0 } }
        var recovery: RecoveryReport? { recoveries.withLock { $0.last } }

        func add(_ event: LogEvent) { events.withLock { $0.append(event) } }

        func add(_ event: StoreEvent) {
            switch event {
            case .log(_, let event): add(event)
            case .recovered(let report): recoveries.withLock { $0.append(report) }
            default: break
            }
        }
    }

    static let start: UInt64 = 4096 * 1000
    static let folder = "/data/topics/1"

    let disk = SimulatedFileSystem()
    let time = ManualTime()
    let reports = Reports()
    private(set) var log: TopicLog
    private var store: Store?

    init(segmentBytes: Int = 32 * 1024 * 1024, recycles: Bool = false) throws {
        for path in ["/data", "/data/topics", "/data/recycled"] { try disk.makeDirectory(path) }
        let reports = reports
        log = try TopicLog.create(
            topicID: 1,
            name: "orders",
            start: Self.start,
            parent: "/data/topics",
            configuration: LogConfiguration(
                fileSystem: disk,
                nodeBits: 5,
                maximumSegmentBytes: segmentBytes,
                syncEvery: .max,
                time: time,
                recycling: recycles
                    ? RecycledFiles(fileSystem: disk, directory: "/data/recycled") : nil
            ),
            report: { reports.add($0) }
        )
    }

    /// The ranges that were found damaged.
    var quarantined: [Range<Int>] {
        reports.all.compactMap { event in
            if case .quarantined(_, let range, _) = event { range } else { nil }
        }
    }

    /// How many times unsynced batches were moved, and how many times the log gave up.
    var failures: [Int] {
        var counts = [0, 0]
        for event in reports.all {
            switch event {
            case .movedForward: counts[0] += 1
            case .poisoned: counts[1] += 1
            default: break
            }
        }
        return counts
    }

    /// The segment files, oldest first.
    var segmentPaths: [String] { disk.image.paths.filter { $0.hasSuffix(".segment") } }

    /// Opens the store on what the disk holds now; the metadata knows `channels` and `segments`.
    func reopen(
        wasClean: Bool = false,
        mayHaveLostPower: Bool = false,
        channels: [Roster.Member] = [],
        segments: [SegmentRecord] = []
    ) throws {
        var configuration = StoreConfiguration(
            dataPath: "/data",
            fileSystem: disk,
            nodeID: try #require(NodeID(5)),
            time: time,
            wasClean: wasClean,
            mayHaveLostPower: mayHaveLostPower
        )
        configuration.syncEvery = .max
        let reports = reports
        var metadata = MemoryMetadataStore.State()
        metadata.apply(
            .topicSaved(
                TopicRecord(id: 1, name: "orders", isPaused: false, createdMilliseconds: 0)
            )
        )
        for channel in channels {
            metadata.apply(.channelSaved(ChannelRecord(topicID: 1, channel)))
        }
        for segment in segments { metadata.apply(.segmentSealed(segment)) }
        let opened = try Store.open(configuration, metadata: MemoryMetadataStore(metadata)) {
            reports.add($0)
        }
        store = opened.store
        log = try #require(opened.topics.first).log
    }

    @discardableResult
    func append(
        _ bodies: [String],
        deferral: TopicLog.Deferral? = nil
    ) throws -> TopicLog.Appended {
        let bytes = bodies.flatMap { Array($0.utf8) }
        return try bytes.withUnsafeBytes { raw in
            var slices: [UnsafeRawBufferPointer] = []
            var offset = 0
            for body in bodies {
                let count = body.utf8.count
                slices.append(UnsafeRawBufferPointer(rebasing: raw[offset..<offset + count]))
                offset += count
            }
            return try slices.withUnsafeBufferPointer { list in
                try log.append(list, timestamp: time.wallNanoseconds, deferral: deferral)
            }
        }
    }

    /// Appends each of `bodies` alone; the file offset after each.
    @discardableResult
    func appendEach(_ bodies: [String]) throws -> [Int] {
        try bodies.map { body in
            try append([body])
            return try size(of: try #require(segmentPaths.last))
        }
    }

    func size(of path: String) throws -> Int { try disk.bytes(of: path).count }

    /// Changes one byte of a file below everything.
    func damage(_ path: String, at offset: Int, mask: UInt8 = 0xff) throws {
        let file = try disk.open(path, .readWrite)
        let byte = try file.bytes(at: offset, count: 1)
        try file.write([byte[0] ^ mask], at: offset)
    }

    // MARK: - Reading

    /// All messages from `sequence` on.
    func messages(from sequence: UInt64 = start) throws -> [Message] {
        guard let place = try log.locate(sequence) else { return [] }
        return try messages(from: place).filter { $0.sequence >= sequence }
    }

    /// All messages from a batch on.
    func messages(from place: LogPosition) throws -> [Message] {
        var messages: [Message] = []
        var place = place
        while let chunk = try log.chunk(at: place) {
            try #require(chunk.count > 0)
            messages += try Self.messages(in: chunk)
            place = chunk.end
        }
        return messages
    }

    /// The bodies of all messages.
    func bodies() throws -> [String] { try messages().map(\.body) }

    /// The messages of a chunk; each has to be a frame in wire form with the id of its number.
    static func messages(in chunk: LogChunk) throws -> [Message] {
        let bytes = UnsafeRawBufferPointer(start: chunk.base, count: chunk.count)
        var messages: [Message] = []
        var offset = 0
        while offset < bytes.count {
            let batch = BatchSummary(at: chunk.base + offset)
            var at = offset + SegmentFormat.batchHeaderBytes
            for sequence in batch.firstSequence..<batch.endSequence {
                let size = Int(
                    UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                )
                let id = String(decoding: bytes[at + 18..<at + 34], as: UTF8.self)
                let raw = try #require(UInt64(id, radix: 16))
                try #require(MessageID(rawValue: raw).sequence == sequence)
                try #require(MessageID(rawValue: raw).nodeBits == 5)
                let body = String(decoding: bytes[at + 34..<at + 4 + size], as: UTF8.self)
                messages.append(Message(sequence: sequence, body: body))
                at += 4 + size
            }
            offset += batch.totalBytes
            try #require(batch.messageCount == 0 || at == offset)
        }
        return messages
    }
}
