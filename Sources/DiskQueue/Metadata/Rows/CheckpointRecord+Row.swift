import FoundationEssentials
import GRDB

extension CheckpointRecord: MetadataRow {
    static let table = "checkpoints"
    static let insertion = """
        INSERT OR REPLACE INTO checkpoints
        (topic_id, channel_id, generation, ack_floor, state, taken_ms, crc32c)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    static let selection = """
        SELECT topic_id, channel_id, generation, ack_floor, state, taken_ms, crc32c
        FROM checkpoints ORDER BY topic_id, channel_id
        """

    var values: [DatabaseValue] {
        [
            topicID.bitPatternValue, channelID.bitPatternValue, generation.bitPatternValue,
            ackFloor.bitPatternValue, Data(state).databaseValue,
            takenMilliseconds.databaseValue,
        ]
    }

    init?(values: [DatabaseValue]) {
        guard values.count == 6, let topicID = values[0].unsigned,
            let channelID = values[1].unsigned, let generation = values[2].unsigned,
            let ackFloor = values[3].unsigned, let state = values[4].bytes,
            let taken = values[5].signed
        else { return nil }
        self.init(
            topicID: topicID,
            channelID: channelID,
            generation: generation,
            ackFloor: ackFloor,
            state: state,
            takenMilliseconds: taken
        )
    }
}
