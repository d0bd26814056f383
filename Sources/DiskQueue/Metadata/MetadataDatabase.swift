import GRDB

/// The database file: how it is made, judged and opened.
///
/// A file under the final name is whole: it is filled under a temporary name, made durable, then renamed.
/// The file is touched by descriptors of our own only while SQLite has it not open, because closing one
/// would drop SQLite's locks.
struct MetadataDatabase {
    /// Directory that holds the file.
    let dataPath: String

    /// Where the file is looked for, renamed and made durable; SQLite itself uses the real one.
    let fileSystem: any FileSystem

    /// The schema.
    let migrator: SchemaMigrator

    /// The file.
    var path: String { Self.path(in: dataPath) }

    /// WAL pages (4 KiB) after which they are copied into the main file: bounds what a restart replays.
    private static let walCheckpointPages = 256

    static let sideSuffixes = ["-wal", "-shm", "-journal"]

    /// The settings that durability hangs on, as SQLite reports them.
    struct Settings: Equatable {
        var journalMode: String
        /// 2 is FULL: each commit is synced.
        var synchronous: Int
        var mmapBytes: Int
        var walCheckpointPages: Int

        static let required = Settings(
            journalMode: "wal",
            synchronous: 2,
            mmapBytes: 0,
            walCheckpointPages: MetadataDatabase.walCheckpointPages
        )
    }

    /// The path of the database in `dataPath`.
    static func path(in dataPath: String) -> String {
        "\(dataPath.isEmpty ? "." : dataPath)/\(SQLiteMetadataStore.fileName)"
    }

    /// Opens the database, makes it when there is none, and brings its schema up to date.
    ///
    /// A file that is refused, damaged or newer, is left as it was.
    func open() throws -> (queue: DatabaseQueue, wasCreated: Bool) {
        let wasCreated = try !isPresent()
        if wasCreated {
            // SQLite would replay a log that lost its database into the new one.
            try Self.setAside(dataPath: dataPath, fileSystem: fileSystem)
            try create()
        } else {
            try judge()
        }
        let queue = try openForWriting(path)
        try migrator.migrate(queue)
        return (queue, wasCreated)
    }

    /// Renames the database and its side files to the first free `nsqd.sqlite.bad-<n>`.
    ///
    /// Durability: the new names are on stable storage on return.
    ///
    /// - Returns: the new path; `nil` when there was nothing to set aside.
    @discardableResult
    static func setAside(
        dataPath: String,
        fileSystem: any FileSystem
    ) throws(FileSystemError) -> String? {
        let path = path(in: dataPath)
        let present = ([""] + sideSuffixes).filter { fileSystem.exists(path + $0) }
        if present.isEmpty { return nil }
        var number = 1
        while ([""] + sideSuffixes).contains(where: {
            fileSystem.exists("\(path).bad-\(number)\($0)")
        }) {
            number += 1
        }
        let target = "\(path).bad-\(number)"
        // The main file goes first: without it, a leftover log is set aside at the next start.
        for suffix in present {
            try fileSystem.rename(path + suffix, to: target + suffix)
        }
        try fileSystem.synchronizeDirectory(dataPath.isEmpty ? "." : dataPath)
        return target
    }

    /// Reads the settings of an open connection.
    static func settings(of database: Database) throws -> Settings {
        Settings(
            journalMode: try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "",
            synchronous: try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1,
            mmapBytes: try Int.fetchOne(database, sql: "PRAGMA mmap_size") ?? 0,
            walCheckpointPages: try Int.fetchOne(database, sql: "PRAGMA wal_autocheckpoint") ?? -1
        )
    }

    private func isPresent() throws(FileSystemError) -> Bool {
        do {
            _ = try fileSystem.open(path, .readOnly)
            return true
        } catch {
            if ErrorNumber.isMissing(error.errno) { return false }
            throw error
        }
    }

    private func create() throws {
        let temporary = freeTemporary()
        // Made by the store so that it is readable by its owner only; SQLite fills the empty file.
        _ = try fileSystem.open(temporary, .createNew)
        let queue = try openForWriting(temporary)
        try migrator.migrate(queue)
        try queue.close()
        if fileSystem.exists("\(temporary)-wal") {
            // Closing copies the log into the file and says nothing when it cannot.
            throw DiskQueueError(.io, "cannot fill metadata \(temporary)")
        }
        try fileSystem.open(temporary, .readWrite).synchronizeData()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.synchronizeDirectory(dataPath.isEmpty ? "." : dataPath)
    }

    /// The name of a file to fill, with what an earlier attempt left removed.
    ///
    /// What cannot be removed, such as a directory, is none of ours and stays.
    private func freeTemporary() -> String {
        let names = (0..<10).map { $0 == 0 ? "\(path).new" : "\(path).new\($0)" }
        let free = names.first { name in
            for suffix in [""] + Self.sideSuffixes where fileSystem.exists(name + suffix) {
                // SWALLOW: then the next name is tried.
                try? fileSystem.remove(name + suffix)
            }
            return !([""] + Self.sideSuffixes).contains { fileSystem.exists(name + $0) }
        }
        return free ?? names[0]
    }

    /// Checks the file through a connection that cannot write, so that a file which is refused keeps
    /// every byte.
    func judge() throws {
        if try fileSystem.open(path, .readOnly).size() == 0 {
            // SQLite takes an empty file for an empty database, and ours never is.
            throw DiskQueueError.damagedMetadata(path, "the file is empty")
        }
        let madeByReading = Self.sideSuffixes.filter { !fileSystem.exists(path + $0) }
        do {
            var configuration = self.configuration
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { database in
                try migrator.judge(database, path: path)
                let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                if verdict != "ok" {
                    throw DiskQueueError.damagedMetadata(path, verdict ?? "the check says nothing")
                }
            }
            try queue.close()
        } catch {
            for suffix in madeByReading where fileSystem.exists(path + suffix) {
                // SWALLOW: a leftover empty side file is harmless, and the refusal is what matters.
                try? fileSystem.remove(path + suffix)
            }
            throw error
        }
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "nsqd.metadata"
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = false
        return configuration
    }

    private func openForWriting(_ path: String) throws -> DatabaseQueue {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    PRAGMA wal_autocheckpoint = \(Self.walCheckpointPages);
                    PRAGMA journal_size_limit = 4194304;
                    PRAGMA mmap_size = 0;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cell_size_check = ON;
                    """
            )
            let settings = try Self.settings(of: database)
            if settings != .required {
                throw DiskQueueError(
                    .io,
                    "SQLite refuses durable settings for \(path): \(settings)"
                )
            }
        }
        return queue
    }
}
