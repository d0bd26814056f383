import DiskQueue

/// Metadata with every kind of record, in which each field differs from the others and from its default.
enum Sample {
    /// What ``changes`` make of an empty store.
    static let metadata: StoredMetadata = {
        var metadata = StoredMetadata()
        metadata.topics = [
            TopicRecord(
                id: 1,
                name: "orders",
                isPaused: false,
                createdMilliseconds: 1_767_225_600_001
            ),
            TopicRecord(id: 2, name: "..", isPaused: true, createdMilliseconds: -5),
        ]
        metadata.channels = [
            ChannelRecord(topicID: 1, id: 3, name: "archive", isPaused: true, startSequence: 0),
            ChannelRecord(
                topicID: 1,
                id: 7,
                name: "billing",
                isPaused: false,
                startSequence: (1 << 54) - 1
            ),
            ChannelRecord(topicID: 2, id: 3, name: "archive", isPaused: false, startSequence: 12),
        ]
        metadata.segments = [
            segment(topicID: 1, firstSequence: 0, uuid: .max),
            segment(topicID: 1, firstSequence: 4096, uuid: 1 << 63),
            segment(topicID: 2, firstSequence: 8192, uuid: 17),
        ]
        metadata.checkpoints = [
            checkpoint(topicID: 1, channelID: 3, state: Array(0...255)),
            checkpoint(topicID: 1, channelID: 7, state: []),
            checkpoint(topicID: 2, channelID: 3, state: [UInt8](repeating: 0, count: 100_000)),
        ]
        return metadata
    }()

    /// The changes that store ``metadata``.
    static var changes: [MetadataChange] {
        metadata.topics.map { .topicSaved($0) } + metadata.channels.map { .channelSaved($0) }
            + metadata.segments.map { .segmentSealed($0) }
            + metadata.checkpoints.map { .checkpointTaken($0) }
    }

    private static func segment(
        topicID: UInt64,
        firstSequence: UInt64,
        uuid: UInt64
    ) -> SegmentRecord {
        SegmentRecord(
            topicID: topicID,
            firstSequence: firstSequence,
            endSequence: firstSequence + 4096,
            byteCount: 33_554_432,
            uuid: uuid
        )
    }

    private static func checkpoint(
        topicID: UInt64,
        channelID: UInt64,
        state: [UInt8]
    ) -> CheckpointRecord {
        CheckpointRecord(
            topicID: topicID,
            channelID: channelID,
            generation: 9,
            ackFloor: 4100,
            state: state,
            takenMilliseconds: 1_767_225_600_500
        )
    }
}
