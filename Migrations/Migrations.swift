/// One step of the metadata's schema.
package struct SchemaMigration: Sendable, Equatable {
    /// The name that the database keeps once the step is applied.
    package let identifier: String

    /// The statements of the step, run in one transaction.
    package let sql: String

    /// Composes a step.
    package init(identifier: String, sql: String) {
        self.identifier = identifier
        self.sql = sql
    }
}

/// The steps that make the metadata's schema.
///
/// A released step is never edited, renamed or removed.
package enum SchemaMigrations {
    /// All steps in the order in which they are applied.
    package static let all = [
        SchemaMigration(
            identifier: "V0001_create_store",
            sql: String(decoding: PackageResources.V0001_create_store_sql, as: UTF8.self)
        )
    ]
}
