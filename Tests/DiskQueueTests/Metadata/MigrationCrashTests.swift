import DiskQueue
import DiskQueueTesting
import Migrations
import Testing

/// A step of the schema that is cut off: the database is of the old version or of the new one, never in between.
@Suite("Migration crashes")
struct MigrationCrashTests {
    private static let next = SchemaMigration(
        identifier: "V9999_next",
        sql: """
            CREATE TABLE sizes (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
            ALTER TABLE topics ADD COLUMN comment TEXT;
            UPDATE topics SET comment = 'moved';
            INSERT INTO sizes VALUES (1, zeroblob(30000));
            CREATE INDEX topics_by_name ON topics (name);
            """
    )
    private static let upgraded = SchemaMigrations.all + [next]
    private static let frameHeaderBytes = 24
    private static let logHeaderBytes = 32
    private static let pageBytes = 4096

    /// What lies on disk: the database and its log.
    private struct Files {
        var main: [UInt8]
        var log: [UInt8]
    }

    /// The files of a store before the step, and as a process leaves them that dies right behind it.
    private func step() throws -> (before: Files, after: Files, closed: Files) {
        let directory = try TemporaryDirectory()
        let old = try SQLiteMetadataStore(dataPath: directory.path)
        try old.apply(Sample.changes)
        old.close()
        let before = files(in: directory)
        let new = try SQLiteMetadataStore(dataPath: directory.path, migrations: Self.upgraded)
        let after = files(in: directory)
        new.close()
        return (before, after, files(in: directory))
    }

    private func files(in directory: TemporaryDirectory) -> Files {
        Files(
            main: directory.contents("nsqd.sqlite") ?? [],
            log: directory.contents("nsqd.sqlite-wal") ?? []
        )
    }

    private func directory(of files: Files) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.write(files.main, to: "nsqd.sqlite")
        if !files.log.isEmpty { try directory.write(files.log, to: "nsqd.sqlite-wal") }
        return directory
    }

    /// Whether the program of the old version opens the files; if not, it must take them for newer and change nothing.
    private func isOld(_ files: Files) throws -> Bool {
        let directory = try directory(of: files)
        let stored: StoredMetadata
        do throws(DiskQueueError) {
            let store = try SQLiteMetadataStore(dataPath: directory.path)
            stored = try store.load()
            store.close()
        } catch {
            #expect(error.code == .unsupportedVersion)
            #expect(directory.contents("nsqd.sqlite") == files.main)
            #expect(directory.contents("nsqd.sqlite-wal") ?? [] == files.log)
            return false
        }
        #expect(stored == Sample.metadata)
        return true
    }

    /// The program of the new version opens the files whatever the crash left, and finishes the step.
    private func finishes(_ files: Files) throws {
        let directory = try directory(of: files)
        let store = try SQLiteMetadataStore(dataPath: directory.path, migrations: Self.upgraded)
        #expect(try store.load() == Sample.metadata)
        store.close()
        let isOld = try isOld(self.files(in: directory))
        #expect(!isOld)
    }

    @Test func aLogThatEndsAnywhereIsOfOneVersionOrTheOther() throws {
        let (before, after, _) = try step()
        #expect(before.log.isEmpty)
        #expect(after.main == before.main)
        let frame = Self.frameHeaderBytes + Self.pageBytes
        let frames = (after.log.count - Self.logHeaderBytes) / frame
        #expect(frames > 10)
        var cuts = [0, 1, Self.logHeaderBytes - 1, Self.logHeaderBytes]
        for number in 0..<frames {
            let start = Self.logHeaderBytes + number * frame
            cuts += [start + 1, start + Self.frameHeaderBytes, start + frame - 1, start + frame]
        }
        var verdicts: [Bool] = []
        for cut in cuts {
            let files = Files(main: before.main, log: Array(after.log.prefix(cut)))
            verdicts.append(try isOld(files))
            try finishes(files)
        }
        let firstNew = try #require(verdicts.firstIndex(of: false))
        #expect(firstNew > 10)
        #expect(verdicts[firstNew...].allSatisfy { !$0 })
    }

    /// The log is copied into the database page by page, while it is still there.
    @Test func aLogThatWasCopiedInPartIsOfTheNewVersion() throws {
        let (before, after, closed) = try step()
        #expect(closed.log.isEmpty)
        let pages = closed.main.count / Self.pageBytes
        for copied in 0...pages {
            let end = copied * Self.pageBytes
            let files = Files(
                main: Array(closed.main.prefix(end)) + Array(before.main.dropFirst(end)),
                log: after.log
            )
            let isOld = try isOld(files)
            #expect(!isOld)
            try finishes(files)
        }
    }

    /// A statement in the middle fails, as one does on a full disk: nothing of the step stays.
    @Test(arguments: 1...5)
    func aStepThatFailsLeavesTheOldVersion(statements: Int) throws {
        let whole = Self.next.sql.split(separator: "\n").prefix(statements)
        let failing = SchemaMigration(
            identifier: Self.next.identifier,
            sql: whole.joined(separator: "\n") + "\nINSERT INTO topics SELECT * FROM topics;"
        )
        let (before, _, _) = try step()
        let directory = try directory(of: before)

        #expect(throws: DiskQueueError.self) {
            try SQLiteMetadataStore(
                dataPath: directory.path,
                migrations: SchemaMigrations.all + [failing]
            )
        }

        let left = files(in: directory)
        let isOld = try isOld(left)
        #expect(isOld)
        try finishes(left)
    }
}
