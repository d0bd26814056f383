import DiskQueue
import DiskQueueTesting
import NSQCore
import Synchronization
import Testing

/// Backups of a store that changes under them, at the moments that matter.
@Suite("Store backup")
struct StoreBackupTests {
    private let directory: TemporaryDirectory
    private var data: String { directory.path("data") }
    private var backup: String { directory.path("backup") }
    private var restored: String { directory.path("restored") }

    init() throws {
        directory = try TemporaryDirectory()
        try PosixFileSystem().makeDirectory(directory.path("data"))
    }

    /// A store whose topic has a channel with a ledger, and several segments.
    private func store() throws -> (store: Store, log: TopicLog, ledger: Ledger) {
        let path = try DataPath(data, syncPolicy: .never)
        var configuration = path.configuration(nodeID: try #require(NodeID(5)), time: ManualTime())
        configuration.maximumSegmentBytes = 4096
        let store = try Store.open(configuration, metadata: path.metadata) { _ in }.store
        let log = try store.createTopic("orders")
        var roster = log.roster
        roster.members = [
            Roster.Member(id: 1, name: "c", isPaused: false, startSequence: log.endSequence)
        ]
        roster.nextChannelID = 2
        roster.heldPump = nil
        try log.record(roster)
        let ledger = store.createLedger(of: log, channelID: 1, channelName: "c")
        for _ in 0..<40 { try append(log) }
        ledger.finished(log.endSequence - 40..<log.endSequence - 39)
        try ledger.flush()
        return (store, log, ledger)
    }

    private func append(_ log: TopicLog) throws {
        try [UInt8](repeating: 0x61, count: 400).withUnsafeBytes { raw in
            try [raw].withUnsafeBufferPointer { list in
                _ = try log.append(list, timestamp: 0, deferral: nil)
            }
        }
    }

    private func restoreAndInspect() throws -> TopicInspection {
        _ = try StoreRestore(from: backup) { _, _ in }.restore(to: restored)
        return try #require(StoreInspection(dataPath: restored).topic(named: "orders"))
    }

    @Test func holdsWhatTheStoreHolds() throws {
        let (_, log, _) = try store()
        let outcome = try StoreBackup.make(of: data, to: backup) { _, _ in }

        let topic = try restoreAndInspect()
        #expect(outcome.notes.isEmpty)
        #expect(topic.notes.isEmpty)
        #expect(topic.endSequence == log.endSequence)
        #expect(topic.messageCount == 40)
        #expect(topic.channel(named: "c")?.depth == 39)
    }

    /// The ledgers were read before the segment went: they would say that its messages are missing.
    @Test func readsTheLedgersAgainWhenASegmentWentMeanwhile() throws {
        let (_, log, ledger) = try store()
        let oldest = try #require(log.removableSegments { _ in false }.first)
        let disk = WatchedFileSystem { path, isCopied in
            // The first segment: by now the ledgers were read.
            guard isCopied, path.hasSuffix("\(oldest.lowerBound).segment"), path.hasPrefix(data)
            else { return }
            // As a daemon does: noted, then removed.
            ledger.finished(oldest)
            _ = try? ledger.flush()
            try? log.removeSegment(oldest.lowerBound)
        }

        _ = try StoreBackup.make(of: data, to: backup, fileSystem: disk) { _, _ in }

        let topic = try restoreAndInspect()
        #expect(disk.count(of: "\(log.folder)/1.ledger") == 2)
        #expect(topic.channel(named: "c")?.firstUnfinished == oldest.upperBound)
        let removed = oldest.upperBound - oldest.lowerBound
        #expect(topic.messageCount == 40 - removed)
    }

    @Test func goesOnWithoutATopicThatIsDeletedMeanwhile() throws {
        let (store, log, _) = try store()
        let other = try store.createTopic("other")
        try append(other)
        let disk = WatchedFileSystem { path, isCopied in
            guard isCopied, path.hasSuffix("1.ledger"), path.hasPrefix(data) else { return }
            try? store.deleteTopic(log)
        }

        let outcome = try StoreBackup.make(of: data, to: backup, fileSystem: disk) { _, _ in }

        #expect(outcome.manifest.topicCount == 1)
        _ = try StoreRestore(from: backup) { _, _ in }.restore(to: restored)
        let names = try StoreInspection(dataPath: restored).topics.map(\.name)
        #expect(names == ["other"])
    }

    @Test func takesWhatIsPublishedMeanwhileWithoutDamage() throws {
        let (_, log, _) = try store()
        let disk = WatchedFileSystem { path, _ in
            if path.hasSuffix(".segment"), path.hasPrefix(data) { try? append(log) }
        }

        _ = try StoreBackup.make(of: data, to: backup, fileSystem: disk) { _, _ in }

        let topic = try restoreAndInspect()
        #expect(topic.notes.isEmpty)
        #expect(topic.messageCount >= 40)
        #expect(topic.messageCount < log.messageCount(from: 0))
    }

    @Test func leavesNothingOfABackupThatFails() throws {
        _ = try store()
        let disk = WatchedFileSystem(failingSuffix: "1.ledger") { _, _ in }

        #expect(throws: DiskQueueError.self) {
            try StoreBackup.make(of: data, to: backup, fileSystem: disk) { _, _ in }
        }
        #expect(!PosixFileSystem().exists(backup))
    }

    @Test func isNoBackupWithoutItsManifest() throws {
        _ = try store()
        _ = try StoreBackup.make(of: data, to: backup) { _, _ in }
        try PosixFileSystem().remove("\(backup)/manifest.json")

        let error = #expect(throws: DiskQueueError.self) {
            try StoreRestore(from: backup) { _, _ in }.verify()
        }
        #expect(error?.code == .unusable)
    }
}

/// The real file system, with somebody who does something each time that a file was opened.
private final class WatchedFileSystem: FileSystem {
    private let disk = PosixFileSystem()
    private let opened: @Sendable (_ path: String, _ isCopied: Bool) -> Void
    private let failingSuffix: String?
    private let counts = Mutex<[String: Int]>([:])

    /// Openings of a file before it is copied: for its version, and for its size.
    private static let openingsBefore = 2

    init(
        failingSuffix: String? = nil,
        opened: @escaping @Sendable (_ path: String, _ isCopied: Bool) -> Void
    ) {
        self.failingSuffix = failingSuffix
        self.opened = opened
    }

    /// How often `path` was copied.
    func count(of path: String) -> Int {
        counts.withLock { ($0[path] ?? 0) - Self.openingsBefore }
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any File {
        if let failingSuffix, path.hasSuffix(failingSuffix) {
            throw FileSystemError(operation: "open", path: path, errno: 5)
        }
        let count = counts.withLock { counts in
            counts[path, default: 0] += 1
            return counts[path, default: 0]
        }
        let file = try disk.open(path, mode)
        opened(path, count > Self.openingsBefore)
        return file
    }

    func makeDirectory(_ path: String) throws(FileSystemError) { try disk.makeDirectory(path) }
    func list(_ path: String) throws(FileSystemError) -> [String] { try disk.list(path) }
    func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try disk.rename(path, to: newPath)
    }
    func remove(_ path: String) throws(FileSystemError) { try disk.remove(path) }
    func removeDirectory(_ path: String) throws(FileSystemError) { try disk.removeDirectory(path) }
    func synchronizeDirectory(_ path: String) throws(FileSystemError) {
        try disk.synchronizeDirectory(path)
    }
    func synchronizeAll(_ path: String) throws(FileSystemError) { try disk.synchronizeAll(path) }
    func exists(_ path: String) -> Bool { disk.exists(path) }
}
