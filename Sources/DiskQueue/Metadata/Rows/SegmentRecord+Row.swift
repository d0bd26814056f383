import GRDB

extension SegmentRecord: MetadataRow {
    static let table = "segments"
    static let insertion = """
        INSERT OR REPLACE INTO segments
        (topic_id, first_sequence, end_sequence, byte_count, uuid, crc32c)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    static let selection = """
        SELECT topic_id, first_sequence, end_sequence, byte_count, uuid, crc32c FROM segments
        ORDER BY topic_id, first_sequence
        """

    var values: [DatabaseValue] {
        [
            topicID.bitPatternValue, firstSequence.bitPatternValue, endSequence.bitPatternValue,
            byteCount.databaseValue, uuid.bitPatternValue,
        ]
    }

    init?(values: [DatabaseValue]) {
        guard values.count == 5, let topicID = values[0].unsigned,
            let first = values[1].unsigned, let end = values[2].unsigned,
            let byteCount = values[3].signed, let uuid = values[4].unsigned
        else { return nil }
        self.init(
            topicID: topicID,
            firstSequence: first,
            endSequence: end,
            byteCount: byteCount,
            uuid: uuid
        )
    }
}
