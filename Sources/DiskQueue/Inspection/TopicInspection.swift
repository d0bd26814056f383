/// A topic as it lies on disk.
package struct TopicInspection: Sendable {
    /// The number that names its folder.
    package let id: UInt64
    /// The topic's name.
    package let name: String
    /// Its folder.
    package let folder: String
    /// Whether the topic is paused.
    package let isPaused: Bool
    /// When it was made, milliseconds since the Unix epoch; `nil` when the metadata does not tell.
    package let createdMilliseconds: Int64?
    /// Where the pump stands: what lies at or behind it waits in the topic, not in channels.
    package let pump: UInt64
    /// Sequence after the last message.
    package let endSequence: UInt64
    /// The durable channels, by name.
    package private(set) var channels: [ChannelInspection] = []
    /// One line for each thing that was not as expected.
    package let notes: [String]

    let segments: [Segment]
    let counts: MessageCounts
    let deferred: [DeferredBatch]
    let roster: Roster
    let fileSystem: any FileSystem

    init(
        _ reading: TopicReading,
        fileSystem: any FileSystem,
        nowMilliseconds: Int64
    ) throws(DiskQueueError) {
        let recovery = reading.recovery
        id = recovery.topicID
        name = reading.name
        folder = recovery.folder
        roster = recovery.roster ?? Roster(heldAt: 0)
        isPaused = roster.isPaused
        createdMilliseconds = reading.row?.createdMilliseconds
        segments = recovery.segments
        counts = MessageCounts(segments)
        endSequence = segments.last?.endSequence ?? roster.heldPump ?? 0
        pump = min(roster.heldPump ?? endSequence, endSequence)
        self.fileSystem = fileSystem
        let floor = reading.ledgers.map(\.recovery.state.ackFloor).min() ?? pump
        deferred = try SegmentWalk.deferredBatches(
            of: segments,
            from: min(floor, pump),
            in: fileSystem
        )
        notes = recovery.report.notes + reading.ledgers.flatMap(\.recovery.notes)
        for (member, ledger) in reading.ledgers {
            channels.append(
                ChannelInspection(
                    member,
                    state: ledger.state,
                    generation: ledger.generation,
                    topic: self,
                    nowMilliseconds: nowMilliseconds
                )
            )
        }
        channels.sort { $0.name < $1.name }
    }

    /// Messages that are stored.
    package var messageCount: UInt64 { counts.count(in: 0..<UInt64.max) }

    /// Messages that wait in the topic: it is paused, or has no channel.
    package var depth: UInt64 { counts.count(in: pump..<max(pump, endSequence)) }

    /// Bytes of the segment files.
    package var byteCount: UInt64 { segments.reduce(0) { $0 + UInt64(clamping: $1.dataEnd) } }

    /// Segment files.
    package var segmentCount: Int { segments.count }

    /// The channel called `name`; `nil` when there is none.
    package func channel(named name: String) -> ChannelInspection? {
        channels.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// The first message that anybody still wants; `nil` when there is none.
    package var firstUnfinished: UInt64? {
        let wanted = channels.compactMap(\.firstUnfinished) + (depth > 0 ? [pump] : [])
        return wanted.min()
    }

    /// When message `sequence`, or the first one behind it, was published: nanoseconds since the Unix epoch.
    ///
    /// - Returns: `nil` when there is none.
    /// - Throws: `.io`.
    package func timestamp(of sequence: UInt64) throws(DiskQueueError) -> Int64? {
        try SegmentWalk.timestamp(of: sequence, segments: segments, in: fileSystem)
    }
}
