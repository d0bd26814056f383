import GRDB

extension ChannelRecord: MetadataRow {
    static let table = "channels"
    static let insertion = """
        INSERT OR REPLACE INTO channels (topic_id, id, name, paused, start_sequence, crc32c)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    static let selection = """
        SELECT topic_id, id, name, paused, start_sequence, crc32c FROM channels
        ORDER BY topic_id, id
        """

    var values: [DatabaseValue] {
        [
            topicID.bitPatternValue, id.bitPatternValue, name.databaseValue,
            isPaused.databaseValue, startSequence.bitPatternValue,
        ]
    }

    init?(values: [DatabaseValue]) {
        guard values.count == 5, let topicID = values[0].unsigned, let id = values[1].unsigned,
            let name = values[2].text, let isPaused = values[3].flag,
            let start = values[4].unsigned
        else { return nil }
        self.init(
            topicID: topicID,
            id: id,
            name: name,
            isPaused: isPaused,
            startSequence: start
        )
    }
}
