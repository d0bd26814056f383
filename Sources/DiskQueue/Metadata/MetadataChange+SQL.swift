import GRDB

extension MetadataChange {
    /// Applies the change; the caller holds the transaction.
    func apply(to database: Database) throws {
        switch self {
        case .topicSaved(let topic):
            try topic.save(in: database)
        case .topicDeleted(let id):
            let key = [id.bitPatternValue]
            try Self.run("DELETE FROM topics WHERE id = ?", key, database)
            try Self.run("DELETE FROM channels WHERE topic_id = ?", key, database)
            try Self.run("DELETE FROM segments WHERE topic_id = ?", key, database)
            try Self.run("DELETE FROM checkpoints WHERE topic_id = ?", key, database)
        case .channelSaved(let channel):
            try channel.save(in: database)
        case .channelDeleted(let topicID, let id):
            let key = [topicID.bitPatternValue, id.bitPatternValue]
            try Self.run("DELETE FROM channels WHERE topic_id = ? AND id = ?", key, database)
            try Self.run(
                "DELETE FROM checkpoints WHERE topic_id = ? AND channel_id = ?",
                key,
                database
            )
        case .segmentSealed(let segment):
            try segment.save(in: database)
        case .segmentDeleted(let topicID, let firstSequence):
            try Self.run(
                "DELETE FROM segments WHERE topic_id = ? AND first_sequence = ?",
                [topicID.bitPatternValue, firstSequence.bitPatternValue],
                database
            )
        case .checkpointTaken(let checkpoint):
            try checkpoint.save(in: database)
        case .snapshotTaken(let snapshot):
            try snapshot.save(in: database)
            try Self.run(
                """
                DELETE FROM snapshots WHERE id NOT IN
                (SELECT id FROM snapshots ORDER BY id DESC LIMIT ?)
                """,
                [SQLiteMetadataStore.maximumSnapshots.databaseValue],
                database
            )
        }
    }

    private static func run(
        _ sql: String,
        _ arguments: [DatabaseValue],
        _ database: Database
    ) throws {
        try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }
}
