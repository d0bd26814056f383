import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

@Suite("Faulty file system", .timeLimit(.minutes(10)))
struct FaultyFileSystemTests {
    private let disk = SimulatedFileSystem()

    private func faulty(_ bugs: PlantedBugs) throws -> FaultyFileSystem {
        let faulty = FaultyFileSystem(disk, bugs: bugs, shortWritePeriod: 2)
        try faulty.makeDirectory("/topics")
        try faulty.makeDirectory("/topics/1")
        return faulty
    }

    private var syncs: [String] {
        disk.log.map(\.description).filter { $0.hasPrefix("sync") }
    }

    @Test func dropsSyncsOfDirectories() throws {
        let all = try faulty(.dropsDirectorySync)
        try all.synchronizeDirectory("/topics/1")
        #expect(syncs == [])

        let one = try faulty(.dropsTopicsDirectorySync)
        try one.synchronizeDirectory("/topics")
        try one.synchronizeDirectory("/topics/1")
        #expect(syncs == ["sync directory #2"])
    }

    @Test func dropsSyncsOfOlderSegmentsOnly() throws {
        let faulty = try faulty(.dropsSyncOfOlderSegments)
        let older = try faulty.open("/topics/1/1.segment", .createNew)
        try older.synchronizeData()
        let newer = try faulty.open("/topics/1/2.new", .createNew)
        try older.synchronizeData()
        try faulty.rename("/topics/1/2.new", to: "/topics/1/2.segment")

        try older.synchronizeData()
        try newer.synchronizeData()

        #expect(syncs == ["sync #3", "sync #3", "sync #4"])
    }

    @Test func dropsSyncsOfLedgersOnly() throws {
        let faulty = try faulty(.dropsLedgerSync)

        for name in ["a.ledger", "a.tmp", "a.segment"] {
            try faulty.open("/topics/1/\(name)", .createNew).synchronizeData()
        }

        #expect(syncs == ["sync #5"])
    }

    @Test func dropsTruncations() throws {
        let file = try faulty(.dropsTruncate).open("/a", .createNew)
        try file.write([1, 2], at: 0)

        try file.truncate(to: 1)

        #expect(try file.bytes() == [1, 2])
    }

    @Test func tearsRenamesButKeepsOpenFilesUsable() throws {
        let faulty = try faulty(.tearsRename)
        let file = try faulty.open("/new", .createNew)
        try file.write([1], at: 0)
        _ = try faulty.open("/old", .createNew)

        try faulty.rename("/new", to: "/old")
        try file.write([2], at: 1)
        try faulty.rename("/topics", to: "/themes")

        #expect(try faulty.bytes(of: "/old") == [1, 2])
        #expect(disk.log.map(\.description).contains("remove #0/old"))
        #expect(faulty.exists("/themes/1") && !faulty.exists("/new"))
    }

    @Test func losesHalfOfEveryOtherWrite() throws {
        let file = try faulty(.acknowledgesShortWrites).open("/a", .createNew)

        try file.write([1, 2], at: 0)
        try file.write([3, 4], at: 2)

        #expect(try file.bytes() == [1, 2, 3])
    }

    @Test func believesTheSecondSync() throws {
        let file = try faulty(.retriesFailedDataSync).open("/a", .createNew)
        disk.inject(DiskFault(of: .synchronizeData, errno: EIO))

        try file.synchronizeData()

        #expect(disk.log.map(\.description).suffix(2) == ["failed sync #3", "sync #3"])
    }
}
