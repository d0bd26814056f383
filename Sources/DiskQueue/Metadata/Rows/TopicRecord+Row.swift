import GRDB

extension TopicRecord: MetadataRow {
    static let table = "topics"
    static let insertion = """
        INSERT OR REPLACE INTO topics (id, name, paused, created_ms, crc32c)
        VALUES (?, ?, ?, ?, ?)
        """
    static let selection = """
        SELECT id, name, paused, created_ms, crc32c FROM topics ORDER BY id
        """

    var values: [DatabaseValue] {
        [
            id.bitPatternValue, name.databaseValue, isPaused.databaseValue,
            createdMilliseconds.databaseValue,
        ]
    }

    init?(values: [DatabaseValue]) {
        guard values.count == 4, let id = values[0].unsigned, let name = values[1].text,
            let isPaused = values[2].flag, let created = values[3].signed
        else { return nil }
        self.init(id: id, name: name, isPaused: isPaused, createdMilliseconds: created)
    }
}
