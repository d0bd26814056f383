import DiskQueue
import DiskQueueTesting
import Testing

/// What every metadata store does, proved on the one in SQLite and the one in memory alike.
@Suite("Metadata store")
struct MetadataStoreTests {
    enum Kind: CaseIterable {
        case sqlite
        case memory
    }

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test(arguments: Kind.allCases)
    func startsEmpty(kind: Kind) throws {
        #expect(try store(kind).load() == StoredMetadata())
    }

    @Test(arguments: Kind.allCases)
    func givesBackEveryRecordInOrderOfIDs(kind: Kind) throws {
        let store = try store(kind)
        try store.apply(Sample.changes.reversed())

        #expect(try store.load() == Sample.metadata)
    }

    @Test(arguments: Kind.allCases)
    func replacesTheRowsOfAKey(kind: Kind) throws {
        let store = try store(kind)
        try store.apply(Sample.changes)
        var expected = Sample.metadata
        expected.topics[0].isPaused = true
        expected.channels[0].name = "renamed"
        expected.segments[0].endSequence = 999
        expected.checkpoints[0].state = []

        try store.apply([
            .topicSaved(expected.topics[0]), .channelSaved(expected.channels[0]),
            .segmentSealed(expected.segments[0]), .checkpointTaken(expected.checkpoints[0]),
        ])

        #expect(try store.load() == expected)
    }

    @Test(arguments: Kind.allCases)
    func deletesATopicWithAllThatBelongsToIt(kind: Kind) throws {
        let store = try store(kind)
        try store.apply(Sample.changes)

        try store.apply([.topicDeleted(id: 1)])

        var expected = Sample.metadata
        expected.topics.removeAll { $0.id == 1 }
        expected.channels.removeAll { $0.topicID == 1 }
        expected.segments.removeAll { $0.topicID == 1 }
        expected.checkpoints.removeAll { $0.topicID == 1 }
        #expect(try store.load() == expected)
    }

    @Test(arguments: Kind.allCases)
    func deletesAChannelWithItsCheckpoint(kind: Kind) throws {
        let store = try store(kind)
        try store.apply(Sample.changes)

        try store.apply([.channelDeleted(topicID: 1, id: 7)])

        var expected = Sample.metadata
        expected.channels.removeAll { $0.topicID == 1 && $0.id == 7 }
        expected.checkpoints.removeAll { $0.topicID == 1 && $0.channelID == 7 }
        #expect(try store.load() == expected)
    }

    @Test(arguments: Kind.allCases)
    func deletesOneSegment(kind: Kind) throws {
        let store = try store(kind)
        try store.apply(Sample.changes)

        try store.apply([.segmentDeleted(topicID: 1, firstSequence: 4096)])

        var expected = Sample.metadata
        expected.segments.removeAll { $0.topicID == 1 && $0.firstSequence == 4096 }
        #expect(try store.load() == expected)
    }

    @Test(arguments: Kind.allCases)
    func appliesChangesInOrder(kind: Kind) throws {
        let store = try store(kind)

        try store.apply([
            .topicSaved(Sample.metadata.topics[0]), .topicDeleted(id: 1),
            .topicSaved(Sample.metadata.topics[1]),
        ])

        #expect(try store.load().topics == [Sample.metadata.topics[1]])
    }

    @Test(arguments: Kind.allCases)
    func takesARowBeforeTheOneItBelongsTo(kind: Kind) throws {
        let store = try store(kind)

        try store.apply([.segmentSealed(Sample.metadata.segments[0])])

        #expect(try store.load().segments == [Sample.metadata.segments[0]])
    }

    @Test(arguments: Kind.allCases)
    func refusesCallsAfterClosing(kind: Kind) throws {
        let store = try store(kind)
        store.close()
        store.close()

        let loading = #expect(throws: DiskQueueError.self) { try store.load() }
        let applying = #expect(throws: DiskQueueError.self) { try store.apply(Sample.changes) }

        #expect(loading?.code == .closed)
        #expect(applying?.code == .closed)
    }

    private func store(_ kind: Kind) throws -> any MetadataStore {
        switch kind {
        case .sqlite: try SQLiteMetadataStore(dataPath: directory.path)
        case .memory: MemoryMetadataStore()
        }
    }
}
