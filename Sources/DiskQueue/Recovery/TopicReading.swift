internal import NSQCore

/// A topic's segments, ledgers and rows, read and held against each other; nothing is changed yet.
struct TopicReading {
    /// The segments.
    private(set) var recovery: TopicRecovery
    /// The topic's name.
    let name: String
    /// The metadata's row; `nil` when there is none.
    let row: TopicRecord?
    /// What each channel's ledger says.
    private(set) var ledgers: [(member: Roster.Member, recovery: LedgerRecovery)] = []
    /// Rows of segments that were sealed, or were the last one at a clean stop.
    let segmentRows: [SegmentRecord]

    /// Reads the ledgers of the topic that `recovery` found.
    ///
    /// `now`: milliseconds since the Unix epoch, for a topic without segments.
    ///
    /// - Throws: `.unsupportedVersion` when a newer version wrote a ledger; `.io` when one cannot be read.
    init(
        _ recovery: TopicRecovery,
        name: String,
        stored: StoredMetadata,
        segmentRows: [SegmentRecord],
        now: Int64
    ) throws(DiskQueueError) {
        let topicID = recovery.topicID
        self.recovery = recovery
        self.name = name
        self.segmentRows = segmentRows
        row = stored.topics.first { $0.id == topicID }
        let channels = stored.channels.filter { $0.topicID == topicID }
        let checkpoints = stored.checkpoints.filter { $0.topicID == topicID }
        let last = recovery.segments.last?.firstSequence
        if let lastRow = segmentRows.first(where: { $0.firstSequence == last }) {
            self.recovery.expect(byteCount: Int(clamping: lastRow.byteCount))
        }
        self.recovery.settleRoster(
            fallback: Self.fallback(row, channels, checkpoints, segmentRows, now: now),
            row: row,
            channels: channels
        )
        for member in self.recovery.roster?.members ?? [] {
            // A power loss may have taken an earlier channel of that number, and left its rows.
            let isSame = channels.contains {
                $0.id == member.id && $0.name == member.name
                    && $0.startSequence == member.startSequence
            }
            let ledger = try LedgerRecovery(
                path: Ledger.path(in: recovery.folder, channelID: member.id),
                topicID: topicID,
                member: member,
                checkpoint: checkpoints.first { isSame && $0.channelID == member.id },
                fileSystem: recovery.context.configuration.fileSystem
            )
            ledgers.append((member, ledger))
            self.recovery.goOn(behind: ledger.state.namedEnd)
        }
        for row in segmentRows { self.recovery.goOn(behind: row.endSequence) }
    }

    /// Goes on with the configuration of the opened store.
    mutating func useSharedConfiguration(_ configuration: LogConfiguration) {
        recovery.useSharedConfiguration(configuration)
    }

    /// The roster of a topic whose segments have none: what the metadata knows.
    ///
    /// Its pump stands behind every number that the metadata names, for a topic that has no segment either.
    private static func fallback(
        _ row: TopicRecord?,
        _ channels: [ChannelRecord],
        _ checkpoints: [CheckpointRecord],
        _ segmentRows: [SegmentRecord],
        now: Int64
    ) -> Roster {
        var roster = Roster(heldAt: Store.firstSequence(atMilliseconds: now))
        roster.isPaused = row?.isPaused ?? false
        roster.members = channels.map(Roster.Member.init)
        roster.nextChannelID = channels.reduce(1) { max($0, $1.id + 1) }
        let named =
            channels.map(\.startSequence) + checkpoints.map(\.ackFloor)
            + segmentRows.map(\.endSequence)
        roster.heldPump = named.reduce(roster.heldPump) { max($0 ?? 0, $1) }
        return roster
    }
}
