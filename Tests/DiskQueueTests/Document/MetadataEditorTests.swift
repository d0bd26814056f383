import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// Changing the topics and channels of a store on disk that no daemon uses.
@Suite("Metadata editor", .timeLimit(.minutes(10)))
struct MetadataEditorTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func document(_ topics: String) throws -> MetadataDocument {
        let text = "format='swift-nsq metadata'\nversion=1\ntopics=[\(topics)]\n"
        return try MetadataDocument.read(Array(text.utf8), as: .toml, source: "test").document
    }

    @discardableResult
    private func apply(
        _ topics: String,
        _ mode: MetadataDifference.Mode = .merge,
        allowsLoss: Bool = false
    ) throws -> MetadataEditor.Outcome {
        try MetadataEditor.apply(
            try document(topics),
            to: directory.path,
            MetadataEditor.Options(mode: mode, allowsLoss: allowsLoss, reason: "test")
        )
    }

    /// What the store has, without figures.
    private func stored() throws -> String {
        let inspection = try StoreInspection(dataPath: directory.path)
        #expect(inspection.notes.isEmpty)
        #expect(inspection.wasClean)
        return inspection.topics.map { topic in
            let channels = topic.channels.map { $0.name + ($0.isPaused ? "!" : "") }
            return "\(topic.name)\(topic.isPaused ? "!" : "")=\(channels.joined(separator: ","))"
        }.joined(separator: " ")
    }

    /// Publishes to a topic of the store, as a daemon that was stopped in order.
    private func publish(_ count: Int, to name: String) throws {
        let path = try DataPath(directory.path, syncPolicy: .interval)
        let node = try #require(NodeID(1))
        let configuration = path.configuration(nodeID: node, time: SystemTime())
        let (store, topics) = try Store.open(configuration, metadata: path.metadata) { _ in }
        let log = try #require(topics.first { $0.name == name }).log
        for _ in 0..<count {
            try Array("body".utf8).withUnsafeBytes { raw in
                try [raw].withUnsafeBufferPointer { list in
                    _ = try log.append(list, timestamp: 0, deferral: nil)
                }
            }
        }
        try store.synchronizeAll()
        store.close()
        try path.lock.markClean()
    }

    @Test func anEmptyDirectoryBecomesAStore() throws {
        let outcome = try apply(
            "{name='b',paused=true,created_ms=77,channels=[{name='x'},{name='y',paused=true}]},{name='a'}"
        )
        #expect(outcome.isApplied)
        #expect(outcome.notes.isEmpty)
        #expect(try stored() == "a= b!=x,y!")
        let topic = try #require(StoreInspection(dataPath: directory.path).topic(named: "b"))
        #expect(topic.createdMilliseconds == 77)
        #expect(
            directory.contents("nsqd.dat").map { String(decoding: $0, as: UTF8.self) } == """
                {"topics":[{"name":"a","paused":false,"channels":null},\
                {"name":"b","paused":true,"channels":[{"name":"x","paused":false},\
                {"name":"y","paused":true}]}],"version":"1.3.0"}
                """
        )
    }

    @Test func aMergeKeepsAndAReplacementDeletes() throws {
        try apply("{name='a',channels=[{name='x'},{name='y'}]},{name='b'}")
        try apply("{name='a',paused=true,channels=[{name='z'},{name='x',paused=true}]}")
        #expect(try stored() == "a!=x!,y,z b=")

        try apply("{name='a',channels=[{name='z'}]},{name='c'}", .replace)
        #expect(try stored() == "a=z c=")
        // A number is never given again: the folder of another topic, the ledger of another channel.
        try apply("{name='a',channels=[{name='x'},{name='z'}]}")
        let topic = try #require(StoreInspection(dataPath: directory.path).topic(named: "a"))
        #expect(topic.channels.map(\.id) == [4, 3])
    }

    @Test func whatWaitsIsNotLostUnlessAskedFor() throws {
        try apply("{name='a',channels=[{name='x'}]}")
        try publish(3, to: "a")
        let before = try directory.listing()
        let refused = try apply("{name='b'}", .replace)
        #expect(!refused.isApplied)
        #expect(refused.difference.lostMessages == 3)
        #expect(try directory.listing() == before)

        #expect(try apply("{name='b'}", .replace, allowsLoss: true).isApplied)
        #expect(try stored() == "b=")
    }

    @Test func whoHasNothingToChangeLeavesNoTrace() throws {
        try apply("{name='a',channels=[{name='x'}]}")
        let before = try directory.listing()
        let outcome = try apply("{name='a',channels=[{name='x'}]}", .replace)
        #expect(outcome.difference.isEmpty)
        #expect(!outcome.isApplied)
        #expect(try directory.listing() == before)
    }

    @Test func aStoreInUseIsLeftAlone() throws {
        try apply("{name='a'}")
        let lock = try DirectoryLock.acquire(dataPath: directory.path)
        let failure = #expect(throws: DiskQueueError.self) { try apply("{name='b'}") }
        #expect(failure?.code == .locked)
        #expect(
            failure?.message.contains("pid \(DirectoryLock.holder(of: directory.path) ?? 0)")
                == true
        )
        try lock.markClean()
        #expect(try stored() == "a=")
    }

    @Test func aFileOfTheOriginalIsNotPassedOver() throws {
        try directory.write(Array(#"{"topics":[{"name":"t"}]}"#.utf8), to: "nsqd.dat")
        let before = try directory.listing()
        let failure = #expect(throws: DiskQueueError.self) { try apply("{name='a'}") }
        #expect(failure?.code == .unusable)
        #expect(try directory.listing() == before)
    }

    @Test func theHistoryTellsEachChangeAndGivesItBack() throws {
        try apply("{name='a',channels=[{name='x'}]}")
        try apply("{name='b'}", .replace)
        let history = try MetadataHistory(dataPath: directory.path)
        let entries = try history.entries(limit: 10)
        #expect(entries.map(\.number) == [2, 1])
        #expect(entries.map(\.reason) == ["test", "test"])
        #expect(entries.map(\.channelCount) == [0, 1])
        #expect(try history.entries(limit: 1).map(\.number) == [2])

        let first = try history.entry(1).document
        _ = try MetadataEditor.apply(
            first,
            to: directory.path,
            MetadataEditor.Options(mode: .replace, allowsLoss: false, reason: "back")
        )
        #expect(try stored() == "a=x")
        #expect(throws: DiskQueueError.self) { try history.entry(9) }
    }
}
