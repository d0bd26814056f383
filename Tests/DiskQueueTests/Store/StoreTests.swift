import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// A store as a whole: its topics, its metadata, and what start-up makes of what is missing.
@Suite("Store", .timeLimit(.minutes(10)))
struct StoreTests {
    private let disk = MemoryFileSystem()
    private let time = ManualTime()

    init() throws { try disk.makeDirectory("/data") }

    private func open(
        metadata: MemoryMetadataStore = MemoryMetadataStore(),
        wasClean: Bool = false
    ) throws -> (store: Store, topics: [RecoveredTopic], changes: MemoryMetadataStore) {
        let configuration = StoreConfiguration(
            dataPath: "/data",
            fileSystem: disk,
            nodeID: try #require(NodeID(5)),
            time: time,
            wasClean: wasClean,
            mayHaveLostPower: false
        )
        let opened = try Store.open(configuration, metadata: metadata) { _ in }
        return (opened.store, opened.topics, metadata)
    }

    private func append(_ body: String, to log: TopicLog) throws {
        try Array(body.utf8).withUnsafeBytes { raw in
            try [raw].withUnsafeBufferPointer { list in
                _ = try log.append(list, timestamp: 0, deferral: nil)
            }
        }
    }

    @Test func topicsAreFoundAgainWithoutAnyMetadata() throws {
        let (store, _, _) = try open()
        for name in ["orders", "..", String(repeating: "n", count: 64)] {
            let log = try store.createTopic(name)
            try append("x", to: log)
        }

        let (_, topics, _) = try open()
        #expect(topics.map(\.name) == ["orders", "..", String(repeating: "n", count: 64)])
        #expect(topics.map { $0.log.messageCount(from: 0) } == [1, 1, 1])
    }

    @Test func topicNumbersAreNotUsedAgain() throws {
        let (store, _, _) = try open()
        let first = try store.createTopic("a")
        let second = try store.createTopic("b")
        try store.deleteTopic(first)
        #expect(second.topicID == first.topicID + 1)

        let (again, _, _) = try open()
        #expect(try again.createTopic("c").topicID == second.topicID + 1)
    }

    @Test func whatIsNoTopicsFolderIsLeftAlone() throws {
        let (store, _, _) = try open()
        try append("x", to: store.createTopic("orders"))
        for name in ["18446744073709551615", "007", "notes", "77"] where name != "77" {
            try disk.makeDirectory("/data/topics/\(name)")
        }
        _ = try disk.open("/data/topics/77", .createNew)

        let (again, topics, _) = try open()
        #expect(topics.map(\.name) == ["orders"])
        #expect(try again.createTopic("more").topicID == 78)
        #expect(try disk.list("/data/topics").count == 6)
    }

    @Test func firstSequencesRiseWithTime() {
        let epoch: Int64 = 1_735_689_600_000
        #expect(Store.firstSequence(atMilliseconds: epoch + 5) == 5 << 12)
        #expect(Store.firstSequence(atMilliseconds: 0) == 1 << 12)
        #expect(Store.firstSequence(atMilliseconds: .min / 2) == 1 << 12)
        let hundredYears = epoch + 100 * 366 * 86_400_000
        #expect(Store.firstSequence(atMilliseconds: hundredYears) < MessageID.maximumSequence)
    }

    @Test func whatADeletionLeftHalfDoneIsRemoved() throws {
        let (store, _, _) = try open()
        let log = try store.createTopic("orders")
        log.close()
        try disk.rename(log.folder, to: log.folder + ".deleted")

        let (_, topics, _) = try open()
        #expect(topics.isEmpty)
        #expect(try disk.list("/data/topics").isEmpty)
    }

    @Test func aFolderWithoutASegmentTakesItsNameFromTheMetadata() throws {
        try disk.makeDirectory("/data/topics")
        try disk.makeDirectory("/data/topics/7")
        #expect(try open().topics.isEmpty)

        var state = MemoryMetadataStore.State()
        state.apply(
            .topicSaved(
                TopicRecord(id: 7, name: "orders", isPaused: true, createdMilliseconds: 1)
            )
        )
        let (_, topics, _) = try open(metadata: MemoryMetadataStore(state))
        #expect(topics.map(\.name) == ["orders"])
        #expect(topics.first?.log.roster.isPaused == true)
        try append("x", to: try #require(topics.first).log)
        #expect(try open().topics.map(\.name) == ["orders"])
    }

    /// The checkpoint in the metadata stands in for a ledger that is lost, now and after the next start.
    @Test(arguments: [true, false])
    func aLostLedgerIsReplacedForGood(isMissing: Bool) throws {
        let (store, _, _) = try open()
        let log = try store.createTopic("orders")
        for _ in 0..<10 { try append("x", to: log) }
        let start = log.endSequence - 10
        var roster = log.roster
        roster.heldPump = nil
        roster.members = [
            Roster.Member(id: 1, name: "c", isPaused: false, startSequence: start)
        ]
        try log.record(roster)
        var state = ChannelState(start: start)
        state.finish(start..<start + 4)
        state.requeue(start + 6, ChannelState.Redelivery(attempts: 3))
        let ledger = store.createLedger(of: log, channelID: 1, channelName: "c")
        ledger.cut()
        let generation = try ledger.install(state)
        var metadata = MemoryMetadataStore.State()
        for member in roster.members {
            metadata.apply(.channelSaved(ChannelRecord(topicID: log.topicID, member)))
        }
        metadata.apply(
            .checkpointTaken(
                CheckpointRecord(
                    topicID: log.topicID,
                    channelID: 1,
                    generation: generation,
                    ackFloor: state.ackFloor,
                    state: state.encoded(),
                    takenMilliseconds: 0
                )
            )
        )
        if isMissing {
            try disk.remove(ledger.path)
        } else {
            try disk.open(ledger.path, .readWrite).write([0], at: 0)
        }

        let first = try open(metadata: MemoryMetadataStore(metadata))
        let channel = try #require(first.topics.first?.channels.first)
        #expect(channel.state == state)
        channel.ledger.finished(start + 4..<start + 5)
        try channel.ledger.flush()

        // Once with the old row, once when it is gone too.
        for stored in [metadata, MemoryMetadataStore.State()] {
            let again = try open(metadata: MemoryMetadataStore(stored))
            let found = try #require(again.topics.first?.channels.first).state
            #expect(found.ackFloor == start + 5)
            #expect(found.redeliveries == state.redeliveries)
        }
    }
}
