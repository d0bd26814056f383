extension StoreInspection {
    /// The metadata as the segments and ledgers tell it.
    ///
    /// `nowMilliseconds`: stands in for times that nothing tells, since the Unix epoch.
    func storedMetadata(nowMilliseconds: Int64) -> StoredMetadata {
        var stored = StoredMetadata()
        for topic in topics {
            stored.topics.append(
                TopicRecord(
                    id: topic.id,
                    name: topic.name,
                    isPaused: topic.isPaused,
                    createdMilliseconds: topic.createdMilliseconds ?? nowMilliseconds
                )
            )
            stored.channels += topic.roster.members.map { ChannelRecord(topicID: topic.id, $0) }
            stored.segments += topic.segments.filter(\.isSealed).map { segment in
                SegmentRecord(
                    topicID: topic.id,
                    firstSequence: segment.firstSequence,
                    endSequence: segment.endSequence,
                    byteCount: Int64(segment.dataEnd + SegmentSeal.totalBytes),
                    uuid: segment.uuid.low
                )
            }
            stored.checkpoints += topic.channels.filter { $0.generation > 0 }.map { channel in
                CheckpointRecord(
                    topicID: topic.id,
                    channelID: channel.id,
                    generation: channel.generation,
                    ackFloor: channel.state.ackFloor,
                    state: channel.state.encoded(),
                    takenMilliseconds: nowMilliseconds
                )
            }
        }
        return stored
    }

    /// The changes that make empty metadata say it.
    func metadataChanges(nowMilliseconds: Int64) -> [MetadataChange] {
        let stored = storedMetadata(nowMilliseconds: nowMilliseconds)
        return stored.topics.map(MetadataChange.topicSaved)
            + stored.channels.map(MetadataChange.channelSaved)
            + stored.segments.map(MetadataChange.segmentSealed)
            + stored.checkpoints.map(MetadataChange.checkpointTaken)
            + [
                .snapshotTaken(
                    SnapshotRecord(
                        takenMilliseconds: nowMilliseconds,
                        reason: "metadata rebuilt",
                        document: NSQDDat(stored).text
                    )
                )
            ]
    }
}
