import GRDB
private import Migrations

/// Copies the metadata of a store into a file of its own, while a daemon may be writing.
enum MetadataBackup {
    /// Whether there is a copy, and what was not as expected.
    struct Outcome {
        /// Whether there is a copy; a damaged or missing database gives none.
        var isCopied = false
        /// One line for each thing that was not as expected.
        var notes: [String] = []
    }

    /// Copies the database of `dataPath` to `target`, which must not exist: one file, without a log beside it.
    ///
    /// Damage is told in the outcome, since segments and ledgers say all that the metadata says.
    ///
    /// Durability: the copy is on stable storage on return, but for its name.
    ///
    /// - Throws: `.unsupportedVersion` for a newer schema; `.io`, `.noSpace`.
    static func copy(
        _ dataPath: String,
        to target: String,
        in fileSystem: any FileSystem
    ) throws(DiskQueueError) -> Outcome {
        var outcome = Outcome()
        let source = MetadataDatabase.path(in: dataPath)
        guard fileSystem.exists(source) else {
            outcome.notes.append("\(source) is missing; the backup has no metadata of its own")
            return outcome
        }
        // SQLite makes files beside a database that it reads, and the store is not to be changed.
        let folder = try MetadataCopy.makeFolder()
        defer { MetadataCopy.remove(folder) }
        do throws(DiskQueueError) {
            try MetadataCopy.copyStable(source, into: folder)
            try copyOpened(folder, to: target, fileSystem)
            outcome.isCopied = true
        } catch {
            // SWALLOW: what was begun is replaced or left out.
            try? fileSystem.remove(target)
            guard error.code == .corrupt else { throw error }
            outcome.notes.append(
                "\(error.message.replacing(folder, with: dataPath)); the backup has no metadata of its own"
            )
        }
        return outcome
    }

    private static func copyOpened(
        _ folder: String,
        to target: String,
        _ fileSystem: any FileSystem
    ) throws(DiskQueueError) {
        let database = MetadataDatabase(
            dataPath: folder,
            fileSystem: PosixFileSystem(),
            migrator: SchemaMigrator(migrations: SchemaMigrations.all)
        )
        do {
            try database.judge()
            // Made by the store so that it is readable by its owner only; SQLite fills the empty file.
            _ = try fileSystem.open(target, .createNew)
            let from = try DatabaseQueue(path: database.path)
            let to = try DatabaseQueue(path: target)
            try from.backup(to: to)
            try to.close()
            try from.close()
            for suffix in MetadataDatabase.sideSuffixes where fileSystem.exists(target + suffix) {
                throw DiskQueueError(.io, "cannot fill metadata \(target)")
            }
            try fileSystem.open(target, .readWrite).synchronizeData()
        } catch {
            throw DiskQueueError(metadata: error, path: database.path)
        }
    }
}
