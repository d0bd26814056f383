import GRDB
package import Migrations
private import Synchronization

/// The metadata in SQLite: `<data-path>/nsqd.sqlite`, write-ahead log, every commit synced.
///
/// It lives on the real file system whatever the engine's is.
///
/// Isolation: every call may wait for the disk. It is made by the store's own thread and never on an
/// event loop or the cooperative pool.
package final class SQLiteMetadataStore: MetadataStore {
    /// Name of the database inside the data path.
    package static let fileName = "nsqd.sqlite"

    /// Snapshots that are kept; older ones go.
    package static let maximumSnapshots = 100

    /// Whether the database was made by this opening, because there was none.
    package let wasCreated: Bool

    private let path: String
    private let state: Mutex<State>

    private struct State {
        var access: Access
        var damagedRowCount = 0
    }

    private enum Access {
        case open(DatabaseQueue)
        case failed(reason: String)
        case closed
    }

    /// Opens the database of a data path whose lock the caller holds; makes it when there is none.
    ///
    /// Durability: a database that was made is on stable storage on return, its name too.
    ///
    /// - Parameters:
    ///   - dataPath: the directory, which exists.
    ///   - fileSystem: where the file is looked for and renamed; the real one, or a test's view of it.
    ///   - migrations: the schema; tests pass that of another version.
    /// - Throws: `.unsupportedVersion` for a newer schema, `.corrupt` for a damaged file, in both cases
    ///   with nothing changed; `.noSpace` and `.io`.
    package init(
        dataPath: String,
        fileSystem: any FileSystem = PosixFileSystem(),
        migrations: [SchemaMigration] = SchemaMigrations.all
    ) throws(DiskQueueError) {
        let database = MetadataDatabase(
            dataPath: dataPath,
            fileSystem: fileSystem,
            migrator: SchemaMigrator(migrations: migrations)
        )
        path = database.path
        do {
            let (queue, wasCreated) = try database.open()
            self.wasCreated = wasCreated
            state = Mutex(State(access: .open(queue)))
        } catch {
            throw DiskQueueError(metadata: error, path: database.path)
        }
    }

    /// Sets the database and its log aside, so that the next opening makes a new one.
    ///
    /// The first free name `nsqd.sqlite.bad-<n>` is taken. No store may have the database open.
    ///
    /// Durability: the new names are on stable storage on return.
    ///
    /// - Returns: the new path; `nil` when there was no database.
    @discardableResult
    package static func setAside(
        dataPath: String,
        fileSystem: any FileSystem
    ) throws(DiskQueueError) -> String? {
        do {
            return try MetadataDatabase.setAside(dataPath: dataPath, fileSystem: fileSystem)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Rows that the last ``load()`` left out, because their checksum did not hold.
    package var damagedRowCount: Int { state.withLock { $0.damagedRowCount } }

    package func load() throws(DiskQueueError) -> StoredMetadata {
        var damaged = 0
        let stored = try run { queue in
            try queue.read { database in
                var stored = StoredMetadata()
                stored.topics = try TopicRecord.fetch(from: database, damaged: &damaged)
                stored.channels = try ChannelRecord.fetch(from: database, damaged: &damaged)
                stored.segments = try SegmentRecord.fetch(from: database, damaged: &damaged)
                stored.checkpoints = try CheckpointRecord.fetch(from: database, damaged: &damaged)
                return stored
            }
        }
        state.withLock { $0.damagedRowCount = damaged }
        return stored
    }

    /// Applies `changes` in order in one transaction.
    ///
    /// - Throws: `.noSpace` leaves the store as it was, to be tried again. After `.io` nothing is known
    ///   about what reached the disk: the database is closed, later calls throw `.poisoned`, and a new
    ///   store on the same path finds out.
    package func apply(_ changes: [MetadataChange]) throws(DiskQueueError) {
        if changes.isEmpty { return }
        try run { queue in
            try queue.write { database in
                for change in changes { try change.apply(to: database) }
            }
        }
    }

    /// The latest snapshots, newest first; damaged ones are left out.
    ///
    /// - Parameter limit: how many at most; nothing for 0 and below.
    /// - Returns: up to ``maximumSnapshots`` of them.
    /// - Throws: as ``load()``: `.corrupt`, `.io`, `.poisoned`, `.closed`.
    package func snapshots(limit: Int) throws(DiskQueueError) -> [SnapshotRecord] {
        try run { queue in
            try queue.read { database in
                var damaged = 0
                return try SnapshotRecord.fetch(
                    from: database,
                    sql: SnapshotRecord.latest,
                    arguments: [max(0, limit)],
                    damaged: &damaged
                )
            }
        }
    }

    /// What SQLite's own check of every page and index finds; nothing for a whole database.
    ///
    /// - Throws: as ``load()``.
    package func integrityErrors() throws(DiskQueueError) -> [String] {
        let lines = try run { queue in
            try queue.read { try String.fetchAll($0, sql: "PRAGMA integrity_check(100)") }
        }
        return lines == ["ok"] ? [] : lines
    }

    /// Gives back the space of rows that are gone.
    ///
    /// - Throws: as ``apply(_:)``.
    package func compact() throws(DiskQueueError) {
        try run { queue in try queue.vacuum() }
    }

    /// All snapshots with their numbers, newest first; damaged ones are left out.
    ///
    /// - Throws: as ``snapshots(limit:)``.
    package func numberedSnapshots() throws(DiskQueueError) -> [NumberedSnapshot] {
        try run { queue in
            try queue.read { database in
                try Row.fetchAll(
                    database,
                    sql: SnapshotRecord.numbered,
                    arguments: [Self.maximumSnapshots]
                ).compactMap { row in
                    let values = Array(row.databaseValues)
                    guard let number = values.first?.signed else { return nil }
                    return SnapshotRecord.read(Array(values.dropFirst())).map {
                        NumberedSnapshot(number: number, record: $0)
                    }
                }
            }
        }
    }

    /// Ends the use of the database and copies its log into it; later calls throw `.closed`.
    package func close() {
        let queue: DatabaseQueue? = state.withLock { state in
            defer { state.access = .closed }
            return if case .open(let queue) = state.access { queue } else { nil }
        }
        // SWALLOW: all commits are durable in the log already; what fails here is done at the next start.
        try? queue?.close()
    }

    /// The settings that durability hangs on, in the words of SQLite: journal mode, synchronous, mmap.
    package func durabilitySettings() throws(DiskQueueError) -> String {
        try run { queue in
            let settings = try queue.read { try MetadataDatabase.settings(of: $0) }
            return "\(settings.journalMode) \(settings.synchronous) \(settings.mmapBytes)"
        }
    }

    private func run<Value>(
        _ body: (DatabaseQueue) throws -> Value
    ) throws(DiskQueueError) -> Value {
        let queue = try openQueue()
        do {
            return try body(queue)
        } catch {
            let failure = DiskQueueError(metadata: error, path: path)
            if failure.code == .io { fail(queue, failure.message) }
            throw failure
        }
    }

    private func openQueue() throws(DiskQueueError) -> DatabaseQueue {
        switch state.withLock({ $0.access }) {
        case .open(let queue): return queue
        case .failed(let reason): throw DiskQueueError(.poisoned, reason)
        case .closed: throw DiskQueueError(.closed, "metadata \(path) is closed")
        }
    }

    private func fail(_ queue: DatabaseQueue, _ reason: String) {
        state.withLock { state in
            if case .open = state.access { state.access = .failed(reason: reason) }
        }
        // SWALLOW: the failure that led here is what is reported.
        try? queue.close()
    }
}
