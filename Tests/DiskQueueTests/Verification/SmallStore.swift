import DiskQueue
import DiskQueueTesting
import NSQCore

/// A small store that holds all that a store can hold, as the bytes of its files.
///
/// One topic with two channels: several segments, deferred batches, finished ranges with holes, attempts, a pause.
struct SmallStore {
    static let dataPath = "/data"

    /// The files of the topic's folder, by path.
    private(set) var files: [String: [UInt8]] = [:]
    /// What the metadata says of it.
    private(set) var metadata = StoredMetadata()
    /// When it was looked at, milliseconds since the Unix epoch.
    private(set) var nowMilliseconds: Int64 = 0
    /// The bodies by sequence.
    private(set) var bodies: [UInt64: [UInt8]] = [:]

    private let time = ManualTime()

    /// Fills a store with `batchCount` batches of `batchSize` messages.
    ///
    /// `isStopped`: whether it is left as a stop in good order leaves it, with every ledger checkpointed.
    init(
        batchCount: Int,
        batchSize: Int = 3,
        segmentBytes: Int = 6000,
        isStopped: Bool
    ) throws {
        let disk = MemoryFileSystem()
        try disk.makeDirectory(Self.dataPath)
        let rows = MemoryMetadataStore()
        let (store, _) = try Store.open(
            Self.configuration(disk, time, wasClean: false, segmentBytes: segmentBytes),
            metadata: rows
        ) { _ in }
        // The rows are written when asked for, the rest at the end.
        store.attach { work in
            // SWALLOW: a row that is missing fails the tests that compare with it.
            if case .record(let change) = work { try? rows.apply([change]) }
        }
        let log = try store.createTopic("orders")
        var roster = log.roster
        let start = log.endSequence
        for (id, name) in [(1, "archive"), (2, "audit")] as [(UInt64, String)] {
            roster.members.append(
                Roster.Member(id: id, name: name, isPaused: id == 2, startSequence: start)
            )
            roster.nextChannelID = id + 1
        }
        roster.heldPump = nil
        try log.record(roster)
        let now = time.wallNanoseconds / 1_000_000
        for number in 0..<batchCount {
            let isDeferred = number % 5 == 3
            try append(
                (0..<batchSize).map { "batch \(number), message \($0), \(number * 7919 % 1000)" },
                to: log,
                deferral: isDeferred
                    ? TopicLog.Deferral(
                        untilMilliseconds: UInt64(now + 3_600_000),
                        delayMilliseconds: 3_600_000
                    ) : nil
            )
        }
        let ledgers = roster.members.map {
            store.createLedger(of: log, channelID: $0.id, channelName: $0.name)
        }
        try settle(ledgers, from: start, in: store, topicID: log.topicID, isStopped: isStopped)
        if let last = log.lastSegment { try rows.apply([.segmentSealed(last)]) }
        for record in [
            TopicRecord(id: log.topicID, name: "orders", isPaused: false, createdMilliseconds: now)
        ] {
            try rows.apply([.topicSaved(record)])
        }
        try rows.apply(
            roster.members.map { .channelSaved(ChannelRecord(topicID: log.topicID, $0)) }
        )
        metadata = rows.state.metadata
        nowMilliseconds = now
        for name in try disk.list(log.folder) {
            let path = "\(log.folder)/\(name)"
            let file = try disk.open(path, .readOnly)
            var bytes = [UInt8](repeating: 0, count: try file.size())
            _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
            files[path] = bytes
        }
    }

    /// What consumers did: a checkpoint, then entries behind it in one of the ledgers.
    private func settle(
        _ ledgers: [Ledger],
        from start: UInt64,
        in store: Store,
        topicID: UInt64,
        isStopped: Bool
    ) throws {
        var state = ChannelState(start: start)
        state.finish(start..<start + 4)
        state.finish(start + 7..<start + 9)
        state.requeue(start + 5, ChannelState.Redelivery(attempts: 3))
        if isStopped {
            state.finish(start + 12..<start + 13)
            state.requeue(start + 13, ChannelState.Redelivery(attempts: 2))
        }
        for (at, ledger) in ledgers.enumerated() {
            ledger.cut()
            try store.checkpoint(ledger, state: state, topicID: topicID, channelID: UInt64(at + 1))
        }
        guard !isStopped else { return }
        ledgers[0].finished(start + 12..<start + 13)
        ledgers[0].requeued(start + 13, attempts: 2, isTimeout: true)
        ledgers[0].delivered(below: start + 20)
        _ = try ledgers[0].flush()
        ledgers[0].finished(start + 20..<start + 22)
        _ = try ledgers[0].flush()
    }

    private mutating func append(
        _ texts: [String],
        to log: TopicLog,
        deferral: TopicLog.Deferral?
    ) throws {
        let bodies = texts.map { Array($0.utf8) }
        let joined = bodies.flatMap { $0 }
        try joined.withUnsafeBytes { bytes in
            var at = 0
            let parts = bodies.map { body in
                defer { at += body.count }
                return UnsafeRawBufferPointer(rebasing: bytes[at..<at + body.count])
            }
            try parts.withUnsafeBufferPointer { list in
                let done = try log.append(
                    list,
                    timestamp: time.wallNanoseconds,
                    deferral: deferral
                )
                for (at, body) in bodies.enumerated() {
                    self.bodies[done.firstSequence + UInt64(at)] = body
                }
            }
        }
    }

    /// A disk that holds the store's files, one of them replaced.
    func disk(replacing path: String? = nil, by bytes: [UInt8] = []) throws -> MemoryFileSystem {
        let disk = MemoryFileSystem()
        for folder in [Self.dataPath, "\(Self.dataPath)/topics", "\(Self.dataPath)/topics/1"] {
            try disk.makeDirectory(folder)
        }
        for (name, original) in files {
            let file = try disk.open(name, .createNew)
            try (name == path ? bytes : original).withUnsafeBytes { try file.write($0, at: 0) }
        }
        return disk
    }

    /// What an inspection sees on `disk`.
    func inspection(on disk: MemoryFileSystem, wasClean: Bool) throws -> StoreInspection {
        try StoreInspection(
            dataPath: Self.dataPath,
            fileSystem: disk,
            stored: metadata,
            marker: RunMarker(
                processID: 1,
                startedMilliseconds: 0,
                bootID: "b",
                syncMode: "",
                isClean: wasClean
            ),
            holder: nil,
            nowMilliseconds: nowMilliseconds
        )
    }

    /// How a daemon would open the store.
    static func configuration(
        _ disk: MemoryFileSystem,
        _ time: ManualTime,
        wasClean: Bool,
        segmentBytes: Int = 6000
    ) throws -> StoreConfiguration {
        guard let node = NodeID(5) else { throw DiskQueueError(.unusable, "node") }
        var configuration = StoreConfiguration(
            dataPath: dataPath,
            fileSystem: disk,
            nodeID: node,
            time: time,
            wasClean: wasClean,
            mayHaveLostPower: false
        )
        configuration.maximumSegmentBytes = segmentBytes
        return configuration
    }
}
