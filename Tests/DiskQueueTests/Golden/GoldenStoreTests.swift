import DiskQueue
import DiskQueueTesting
import Foundation
import Migrations
import NSQCore
import Testing

/// The golden stores of every released version of the format, opened by the engine and held against what is in them.
@Suite("Golden stores")
struct GoldenStoreTests {
    /// A store of `data/golden`.
    struct Golden: CustomTestStringConvertible, Sendable {
        let version: String
        let name: String

        var folder: URL {
            GoldenStoreTests.folder.appendingPathComponent(version).appendingPathComponent(name)
        }
        var testDescription: String { "\(version), \(name)" }
    }

    /// What `expected.json` says of a channel and of a topic.
    struct Channel: Decodable, Equatable {
        let paused: Bool
        let depth: UInt64
        let deferred: UInt64
    }

    struct Topic: Decodable, Equatable {
        let paused: Bool
        let depth: UInt64
        let channels: [String: Channel]
    }

    private struct Expected: Decodable {
        struct Content: Decodable { let topics: [String: Topic] }
        let stores: [String: Content]
    }

    fileprivate static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("data/golden")

    private static let all = ["clean", "killed"].map { Golden(version: "1", name: $0) }

    private func expected(_ golden: Golden) throws -> [String: Topic] {
        let file = Self.folder.appendingPathComponent(golden.version)
            .appendingPathComponent("expected.json")
        let document = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: file))
        return try #require(document.stores[golden.name]).topics
    }

    /// A copy to work on.
    private func copy(_ golden: Golden) throws -> (holder: TemporaryDirectory, path: String) {
        let directory = try TemporaryDirectory()
        let path = directory.path("store")
        try FileManager.default.copyItem(atPath: golden.folder.path, toPath: path)
        return (directory, path)
    }

    /// The deferred messages of the golden stores are due decades after they were made.
    private func inspect(_ path: String) throws -> [String: Topic] {
        var found: [String: Topic] = [:]
        for topic in try StoreInspection(dataPath: path).topics {
            var channels: [String: Channel] = [:]
            for channel in topic.channels {
                channels[channel.name] = Channel(
                    paused: channel.isPaused,
                    depth: channel.depth,
                    deferred: channel.deferredCount
                )
            }
            found[topic.name] = Topic(
                paused: topic.isPaused,
                depth: topic.depth,
                channels: channels
            )
        }
        return found
    }

    /// Starts on the store as a daemon does, and ends in good order.
    private func open(_ path: String, rebuildsMetadata: Bool = false) throws -> [RecoveredTopic] {
        let data = try DataPath(path, syncPolicy: .never, rebuildsMetadata: rebuildsMetadata)
        let configuration = data.configuration(
            nodeID: try #require(NodeID(617)),
            time: ManualTime()
        )
        let (store, topics) = try Store.open(configuration, metadata: data.metadata) { _ in }
        try store.synchronizeAll()
        store.close()
        try data.lock.markRecovered()
        return topics
    }

    @Test(arguments: all)
    func isSeenAsItWasMade(golden: Golden) throws {
        let (holder, path) = try copy(golden)
        let (found, wanted) = (try inspect(path), try expected(golden))
        #expect(found == wanted)
        _ = holder
    }

    @Test(arguments: all, [false, true])
    func isTheSameOnceItWasOpened(golden: Golden, rebuildsMetadata: Bool) throws {
        let (holder, path) = try copy(golden)
        let wanted = try expected(golden)

        let topics = try open(path, rebuildsMetadata: rebuildsMetadata)

        #expect(Set(topics.map(\.name)) == Set(wanted.keys))
        for topic in topics {
            let expected = try #require(wanted[topic.name])
            #expect(topic.log.roster.isPaused == expected.paused)
            #expect(Set(topic.channels.map(\.member.name)) == Set(expected.channels.keys))
        }
        let found = try inspect(path)
        #expect(found == wanted)
        _ = holder
    }

    /// A step of the schema that a later version might have.
    @Test(arguments: all)
    func isMigrated(golden: Golden) throws {
        let (holder, path) = try copy(golden)
        let next = SchemaMigration(
            identifier: "V9999_next",
            sql: "ALTER TABLE topics ADD COLUMN comment TEXT; UPDATE topics SET comment = name;"
        )
        let before = try SQLiteMetadataStore(dataPath: path)
        let stored = try before.load()
        before.close()

        let after = try SQLiteMetadataStore(
            dataPath: path,
            migrations: SchemaMigrations.all + [next]
        )

        let (kept, wanted) = (try after.load(), try expected(golden))
        #expect(kept == stored)
        #expect(Set(stored.topics.map(\.name)) == Set(wanted.keys))
        after.close()
        _ = holder
    }

    @Test func noVersionIsLeftOut() throws {
        let versions = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(versions) == Set(Self.all.map(\.version)))
    }
}
