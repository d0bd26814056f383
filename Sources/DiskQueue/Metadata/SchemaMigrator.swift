import GRDB
import Migrations

/// Brings a database to the schema of this version, and refuses what it does not know.
struct SchemaMigrator: Sendable {
    /// The steps of this version, in order.
    let migrations: [SchemaMigration]

    /// Checks that an existing database is a store that this version may open.
    ///
    /// It only reads.
    ///
    /// - Throws: `.unsupportedVersion` when all steps known here are applied and others besides;
    ///   `.corrupt` when the applied steps are no beginning of the known ones, since a damaged name of
    ///   a step must not pass for a newer version.
    func judge(_ database: Database, path: String) throws {
        let known = migrations.map(\.identifier)
        let applied = try DatabaseMigrator().appliedIdentifiers(database)
        let unknown = applied.subtracting(known)
        let missing = known.drop(while: applied.contains)
        if let newest = unknown.max() {
            guard missing.isEmpty else {
                throw DiskQueueError.damagedMetadata(path, "unknown schema \(newest)")
            }
            throw DiskQueueError.newerMetadata(path, newest)
        }
        if applied.isEmpty || missing.contains(where: applied.contains) {
            throw DiskQueueError.damagedMetadata(path, "it holds no store of nsqd")
        }
    }

    /// Applies the steps that are missing, each in one transaction.
    func migrate(_ queue: DatabaseQueue) throws {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.identifier) { database in
                try database.execute(sql: migration.sql)
            }
        }
        try migrator.migrate(queue)
    }
}
