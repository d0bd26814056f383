import DiskQueue
import DiskQueueTesting
import Testing

@Suite("Memory metadata store")
struct MemoryMetadataStoreTests {
    @Test func startsAgainFromAnyEarlierState() throws {
        let store = MemoryMetadataStore()
        try store.apply([.topicSaved(Sample.metadata.topics[0])])
        let earlier = store.state
        try store.apply([.topicSaved(Sample.metadata.topics[1])])

        let restored = MemoryMetadataStore(earlier)

        #expect(try restored.load().topics == [Sample.metadata.topics[0]])
        #expect(try store.load().topics == Sample.metadata.topics)
        #expect(store.commitCount == 2)
    }

    @Test func failsOnDemandAndChangesNothing() throws {
        let store = MemoryMetadataStore()
        store.failing { operation in
            operation == .load ? nil : DiskQueueError(.noSpace, "no space left on device")
        }

        let error = #expect(throws: DiskQueueError.self) { try store.apply(Sample.changes) }
        #expect(error?.code == .noSpace)
        #expect(try store.load() == StoredMetadata())

        store.failing(nil)
        try store.apply(Sample.changes)
        #expect(try store.load() == Sample.metadata)
    }

    @Test func keepsTheLastHundredSnapshots() throws {
        let store = MemoryMetadataStore()
        for number in 1...102 {
            let snapshot = SnapshotRecord(
                takenMilliseconds: Int64(number),
                reason: "",
                document: ""
            )
            try store.apply([.snapshotTaken(snapshot)])
        }

        #expect(store.state.snapshots.map(\.takenMilliseconds) == Array(3...102))
    }
}
