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

    /// The changes that make metadata which says `before` say what the segments and ledgers tell.
    ///
    /// `reason`: why, for the snapshot that is taken.
    func metadataChanges(
        from before: StoredMetadata,
        reason: String,
        nowMilliseconds: Int64
    ) -> [MetadataChange] {
        let after = storedMetadata(nowMilliseconds: nowMilliseconds)
        var changes: [MetadataChange] = []
        for row in before.topics where !after.topics.contains(where: { $0.id == row.id }) {
            changes.append(.topicDeleted(id: row.id))
        }
        for row in before.channels
        where !after.channels.contains(where: { $0.topicID == row.topicID && $0.id == row.id }) {
            changes.append(.channelDeleted(topicID: row.topicID, id: row.id))
        }
        let segments = Dictionary(grouping: after.segments, by: \.topicID)
        for row in before.segments
        where !(segments[row.topicID] ?? []).contains(where: {
            $0.firstSequence == row.firstSequence
        }) {
            changes.append(
                .segmentDeleted(topicID: row.topicID, firstSequence: row.firstSequence)
            )
        }
        changes += after.topics.map(MetadataChange.topicSaved)
        changes += after.channels.map(MetadataChange.channelSaved)
        changes += after.segments.map(MetadataChange.segmentSealed)
        changes += after.checkpoints.map(MetadataChange.checkpointTaken)
        let snapshot = SnapshotRecord(
            takenMilliseconds: nowMilliseconds,
            reason: reason,
            document: NSQDDat(after).text
        )
        return changes + [.snapshotTaken(snapshot)]
    }
}
