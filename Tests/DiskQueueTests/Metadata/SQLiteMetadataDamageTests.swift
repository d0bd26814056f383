import DiskQueue
import DiskQueueTesting
import Migrations
import Testing

/// What becomes of a database that is damaged, newer, or no store at all.
@Suite("SQLite metadata damage")
struct SQLiteMetadataDamageTests {
    private let directory: TemporaryDirectory
    private let disk = PosixFileSystem()

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func refusesANewerSchemaAndChangesNothing() throws {
        let newer = SchemaMigration(
            identifier: "V9999_future",
            sql: "CREATE TABLE future (id INTEGER PRIMARY KEY) STRICT"
        )
        try fill(migrations: SchemaMigrations.all + [newer])
        let before = try directory.listing()

        let error = failure()

        #expect(error?.code == .unsupportedVersion)
        #expect(error?.message.contains("V9999_future") == true)
        #expect(error?.message.contains(directory.path("nsqd.sqlite")) == true)
        #expect(error?.message.contains("\n") == false)
        #expect(try directory.listing() == before)
    }

    @Test func refusesANewerSchemaThatIsStillInTheLogAndChangesNeitherFile() throws {
        try fill()
        let newer = SchemaMigration(
            identifier: "V9999_future",
            sql: "CREATE TABLE future (id INTEGER PRIMARY KEY) STRICT"
        )
        let store = try SQLiteMetadataStore(
            dataPath: directory.path,
            migrations: SchemaMigrations.all + [newer]
        )
        let crashed = try TemporaryDirectory()
        let files = try directory.listing().filter { !$0.key.hasSuffix("-shm") }
        for (name, bytes) in files { try crashed.write(bytes, to: name) }
        #expect(files["nsqd.sqlite-wal"]?.isEmpty == false)

        let error = #expect(throws: DiskQueueError.self) {
            try SQLiteMetadataStore(dataPath: crashed.path)
        }

        #expect(error?.code == .unsupportedVersion)
        #expect(try crashed.listing() == files)
        store.close()
    }

    @Test func takesADamagedNameOfAStepForDamage() throws {
        try fill()
        try replace("V0001_create_store", with: "V0001_create_stOre")

        #expect(failure()?.code == .corrupt)
    }

    @Test(arguments: [0, 1, 99, 4095])
    func findsATruncatedFile(size: Int) throws {
        try fill()
        let bytes = try #require(directory.contents("nsqd.sqlite"))
        try directory.write(bytes.prefix(size), to: "nsqd.sqlite")
        let before = try directory.listing()

        #expect(failure()?.code == .corrupt)
        #expect(try directory.listing() == before)
    }

    @Test func findsAFileThatIsNoDatabase() throws {
        try directory.write([UInt8](repeating: 0x41, count: 9000), to: "nsqd.sqlite")

        let error = failure()

        #expect(error?.code == .corrupt)
        let prefix = "damaged metadata in \(directory.path)/nsqd.sqlite: "
        #expect(error?.message.hasPrefix(prefix) == true)
    }

    @Test func findsADamagedPage() throws {
        try fill()
        var bytes = try #require(directory.contents("nsqd.sqlite"))
        // The second page is the root of a table; these bytes say of what kind it is and where its cells lie.
        for index in 4096..<4112 { bytes[index] ^= 0x5a }
        try directory.write(bytes, to: "nsqd.sqlite")

        #expect(failure()?.code == .corrupt)
    }

    @Test(arguments: [("orders", "orderz"), ("archive", "archivf"), ("billing", "Billing")])
    func leavesOutAndCountsARowThatRotted(name: String, rotten: String) throws {
        try fill()
        try replace(name, with: rotten)

        let store = try SQLiteMetadataStore(dataPath: directory.path)
        let loaded = try store.load()

        #expect(!loaded.topics.contains { $0.name == name || $0.name == rotten })
        #expect(!loaded.channels.contains { $0.name == name || $0.name == rotten })
        let count = Sample.metadata.topics.count + Sample.metadata.channels.count
        let found = loaded.topics.count + loaded.channels.count
        #expect(store.damagedRowCount == count - found)
        #expect(store.damagedRowCount > 0)
    }

    /// No flipped bit of the file makes opening or loading trap, and none changes a row unseen.
    @Test func survivesAnyFlippedBit() throws {
        try fill([
            .topicSaved(Sample.metadata.topics[0]), .channelSaved(Sample.metadata.channels[0]),
            .segmentSealed(Sample.metadata.segments[0]),
            .checkpointTaken(Sample.metadata.checkpoints[0]),
        ])
        let bytes = try #require(directory.contents("nsqd.sqlite"))
        var random = SeededGenerator(seed: 20)
        for _ in 0..<300 {
            var damaged = bytes
            let place = Int.random(in: bytes.indices, using: &random)
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let copy = try TemporaryDirectory()
            try copy.write(damaged, to: "nsqd.sqlite")

            guard let store = try? SQLiteMetadataStore(dataPath: copy.path),
                let loaded = try? store.load()
            else { continue }

            #expect(loaded.topics.allSatisfy { $0 == Sample.metadata.topics[0] })
            #expect(loaded.channels.allSatisfy { $0 == Sample.metadata.channels[0] })
            #expect(loaded.segments.allSatisfy { $0 == Sample.metadata.segments[0] })
            #expect(loaded.checkpoints.allSatisfy { $0 == Sample.metadata.checkpoints[0] })
        }
    }

    @Test func setsTheDatabaseAsideWithItsLog() throws {
        let files = [
            "nsqd.sqlite": Array("one".utf8), "nsqd.sqlite-wal": Array("two".utf8),
            "nsqd.sqlite-shm": Array("three".utf8), "nsqd.dat": Array("four".utf8),
        ]
        for (name, bytes) in files { try directory.write(bytes, to: name) }

        let target = try SQLiteMetadataStore.setAside(dataPath: directory.path, fileSystem: disk)

        #expect(target == directory.path("nsqd.sqlite.bad-1"))
        #expect(
            try directory.listing() == [
                "nsqd.sqlite.bad-1": Array("one".utf8),
                "nsqd.sqlite.bad-1-wal": Array("two".utf8),
                "nsqd.sqlite.bad-1-shm": Array("three".utf8), "nsqd.dat": Array("four".utf8),
            ]
        )
    }

    @Test func setsAsideUnderTheFirstFreeNumber() throws {
        for name in ["nsqd.sqlite", "nsqd.sqlite.bad-1", "nsqd.sqlite.bad-2-wal"] {
            try directory.write(name.utf8, to: name)
        }

        try SQLiteMetadataStore.setAside(dataPath: directory.path, fileSystem: disk)

        #expect(directory.contents("nsqd.sqlite.bad-3") == Array("nsqd.sqlite".utf8))
        #expect(directory.contents("nsqd.sqlite.bad-1") == Array("nsqd.sqlite.bad-1".utf8))
    }

    @Test func startsAnewAfterSettingAside() throws {
        try directory.write("no database, but long enough to be one".utf8, to: "nsqd.sqlite")
        #expect(failure()?.code == .corrupt)
        try SQLiteMetadataStore.setAside(dataPath: directory.path, fileSystem: disk)

        let store = try SQLiteMetadataStore(dataPath: directory.path)

        #expect(store.wasCreated)
        #expect(try store.load() == StoredMetadata())
    }

    @Test func setsNothingAsideWhereNothingIs() throws {
        #expect(try SQLiteMetadataStore.setAside(dataPath: directory.path, fileSystem: disk) == nil)
    }

    private func fill(
        _ changes: [MetadataChange] = Sample.changes,
        migrations: [SchemaMigration] = SchemaMigrations.all
    ) throws {
        let store = try SQLiteMetadataStore(dataPath: directory.path, migrations: migrations)
        try store.apply(changes)
        store.close()
    }

    private func failure() -> DiskQueueError? {
        #expect(throws: DiskQueueError.self) {
            try SQLiteMetadataStore(dataPath: directory.path)
        }
    }

    /// Replaces a text wherever it stands in the file, as rot would, behind SQLite's back.
    private func replace(_ text: String, with rotten: String) throws {
        var bytes = try #require(directory.contents("nsqd.sqlite"))
        let count = bytes.count
        bytes.replace(Array(text.utf8), with: Array(rotten.utf8))
        #expect(bytes.count == count)
        try directory.write(bytes, to: "nsqd.sqlite")
    }
}
