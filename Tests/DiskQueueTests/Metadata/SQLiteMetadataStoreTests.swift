import DiskQueue
import DiskQueueTesting
import Migrations
import Testing

@Suite("SQLite metadata store")
struct SQLiteMetadataStoreTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func syncsEveryCommitOfTheWriteAheadLogAndMapsNothing() throws {
        let store = try SQLiteMetadataStore(dataPath: directory.path)
        #expect(try store.durabilitySettings() == "wal 2 0")
        store.close()

        let again = try SQLiteMetadataStore(dataPath: directory.path)
        #expect(try again.durabilitySettings() == "wal 2 0")
    }

    @Test func keepsItsFilesToTheirOwner() throws {
        let store = try SQLiteMetadataStore(dataPath: directory.path)
        try store.apply(Sample.changes)

        for name in ["nsqd.sqlite", "nsqd.sqlite-wal", "nsqd.sqlite-shm"] {
            #expect(try directory.permissions(name) == 0o600)
        }
    }

    @Test func leavesOneFileWhenClosed() throws {
        let store = try SQLiteMetadataStore(dataPath: directory.path)
        try store.apply(Sample.changes)
        store.close()

        #expect(try PosixFileSystem().list(directory.path) == ["nsqd.sqlite"])
    }

    @Test func tellsWhetherItMadeTheDatabase() throws {
        let store = try SQLiteMetadataStore(dataPath: directory.path)
        #expect(store.wasCreated)
        store.close()

        #expect(try !SQLiteMetadataStore(dataPath: directory.path).wasCreated)
    }

    @Test func survivesAReopening() throws {
        do {
            let store = try SQLiteMetadataStore(dataPath: directory.path)
            try store.apply(Sample.changes)
            store.close()
        }

        let store = try SQLiteMetadataStore(dataPath: directory.path)

        #expect(try store.load() == Sample.metadata)
        #expect(store.damagedRowCount == 0)
    }

    /// A copy of the files under an open store is what the death of its process leaves.
    @Test func survivesTheDeathOfTheProcess() throws {
        let store = try SQLiteMetadataStore(dataPath: directory.path)
        try store.apply(Sample.changes)
        let copy = try TemporaryDirectory()
        for (name, bytes) in try directory.listing() where !name.hasSuffix("-shm") {
            try copy.write(bytes, to: name)
        }

        let recovered = try SQLiteMetadataStore(dataPath: copy.path)

        #expect(try recovered.load() == Sample.metadata)
    }

    @Test func keepsTheLastHundredSnapshots() throws {
        let store = try SQLiteMetadataStore(dataPath: directory.path)
        for number in 1...103 {
            try store.apply([.snapshotTaken(snapshot(number))])
        }

        #expect(try store.snapshots(limit: 1000) == (4...103).reversed().map(snapshot))
        #expect(try store.snapshots(limit: 2) == [snapshot(103), snapshot(102)])
        #expect(try store.snapshots(limit: 0) == [])
        #expect(try store.snapshots(limit: -1) == [])
    }

    @Test func makesTheDatabaseInSpiteOfRemainsOfAnInterruptedAttempt() throws {
        for name in ["nsqd.sqlite.new", "nsqd.sqlite.new-wal", "nsqd.sqlite.new-journal"] {
            try directory.write("remains".utf8, to: name)
        }

        let store = try SQLiteMetadataStore(dataPath: directory.path)
        try store.apply(Sample.changes)
        store.close()

        #expect(try PosixFileSystem().list(directory.path) == ["nsqd.sqlite"])
    }

    @Test func keepsALogWithoutADatabaseOutOfTheNewOne() throws {
        let old = try SQLiteMetadataStore(dataPath: directory.path)
        try old.apply(Sample.changes)
        let log = try #require(directory.contents("nsqd.sqlite-wal"))
        old.close()
        try PosixFileSystem().remove(directory.path("nsqd.sqlite"))
        try directory.write(log, to: "nsqd.sqlite-wal")

        let store = try SQLiteMetadataStore(dataPath: directory.path)

        #expect(try store.load() == StoredMetadata())
        #expect(directory.contents("nsqd.sqlite.bad-1-wal") == log)
    }

    @Test func upgradesAnOlderStore() throws {
        let upgraded =
            SchemaMigrations.all + [
                SchemaMigration(
                    identifier: "V9999_upgrade",
                    sql: "CREATE TABLE upgraded (id INTEGER PRIMARY KEY) STRICT"
                )
            ]
        do {
            let store = try SQLiteMetadataStore(dataPath: directory.path)
            try store.apply(Sample.changes)
            store.close()
        }

        let store = try SQLiteMetadataStore(dataPath: directory.path, migrations: upgraded)

        #expect(try store.load() == Sample.metadata)
    }

    @Test func numbersItsMigrations() {
        for (index, migration) in SchemaMigrations.all.enumerated() {
            let digits = String(index + 1)
            let number = String(repeating: "0", count: 4 - digits.count) + digits
            #expect(migration.identifier.hasPrefix("V\(number)_"))
            #expect(migration.sql.contains("CREATE"))
        }
    }

    @Test func reportsADirectoryThatIsMissing() {
        let error = #expect(throws: DiskQueueError.self) {
            try SQLiteMetadataStore(dataPath: directory.path("none"))
        }

        #expect(error?.code == .io)
    }

    private func snapshot(_ number: Int) -> SnapshotRecord {
        SnapshotRecord(
            takenMilliseconds: Int64(number),
            reason: "topic created: t\(number)",
            document: #"{"topics":null}"#
        )
    }
}
