/// Holds the parts of a store against each other: segments, ledgers, metadata, `nsqd.dat`.
struct AgreementCheck {
    /// What does not agree.
    private(set) var findings: [Finding] = []

    private let metadataPath: String
    /// Rows follow in the background: only after a clean stop must all of them be there.
    private let isSettled: Bool

    init(
        _ inspection: StoreInspection,
        stored: StoredMetadata,
        document: NSQDDat?,
        hasMetadata: Bool
    ) {
        metadataPath = MetadataDatabase.path(in: inspection.dataPath)
        isSettled = inspection.wasClean && inspection.holder == nil
        let segments = Dictionary(grouping: stored.segments, by: \.topicID)
        for topic in inspection.topics {
            checkAbsent(topic, rows: segments[topic.id] ?? [])
            guard inspection.holder == nil else { continue }
            checkLedgers(topic)
            if isSettled {
                checkStates(topic, stored.checkpoints.filter { $0.topicID == topic.id })
            }
        }
        if hasMetadata { checkRows(inspection, stored) }
        if let document { checkDocument(inspection, document) }
    }

    /// Messages that somebody wants and no segment holds.
    private mutating func checkAbsent(_ topic: TopicInspection, rows: [SegmentRecord]) {
        for (range, wanted) in topic.absentRanges(rows: rows) {
            findings.append(
                .damage(
                    "\(topic.folder)/\(Segment.fileName(range.lowerBound))",
                    "the segment of messages \(range.lowerBound) to \(range.upperBound - 1) is missing",
                    lost: wanted
                )
            )
        }
    }

    /// Ledgers that lead the log.
    private mutating func checkLedgers(_ topic: TopicInspection) {
        for channel in topic.channels where channel.state.namedEnd > topic.endSequence {
            findings.append(
                .damage(
                    Ledger.path(in: topic.folder, channelID: channel.id),
                    "channel \(channel.name) names message \(channel.state.namedEnd - 1), and the"
                        + " log ends before \(topic.endSequence)"
                )
            )
        }
    }

    /// After a clean stop the metadata has the state of every channel that changed; a ledger that says less is cut.
    private mutating func checkStates(_ topic: TopicInspection, _ rows: [CheckpointRecord]) {
        for channel in topic.channels {
            guard let row = rows.first(where: { $0.channelID == channel.id }),
                let state = row.state.withUnsafeBytes({ ChannelState(decoding: $0) })
            else { continue }
            let copy = ChannelInspection(channel, state: state, topic: topic)
            guard
                copy.depth != channel.depth || copy.deferredCount != channel.deferredCount
                    || copy.redeliveredCount != channel.redeliveredCount
            else { continue }
            findings.append(
                .damage(
                    Ledger.path(in: topic.folder, channelID: channel.id),
                    "channel \(channel.name) has \(channel.depth) messages waiting, and had"
                        + " \(copy.depth) at the clean stop"
                )
            )
        }
    }

    private mutating func checkRows(_ inspection: StoreInspection, _ stored: StoredMetadata) {
        let topics = Dictionary(stored.topics.map { ($0.id, $0) }) { first, _ in first }
        for topic in inspection.topics {
            guard let row = topics[topic.id] else {
                disagree("there is no row of topic \(topic.name)")
                continue
            }
            if row.name != topic.name || row.isPaused != topic.isPaused {
                disagree("the row of topic \(topic.name) says something else than its segments")
            }
            let rows = stored.channels.filter { $0.topicID == topic.id }
            let members = topic.roster.members.map { ChannelRecord(topicID: topic.id, $0) }
            for member in members where !rows.contains(member) {
                disagree("the rows lack channel \(member.name) of topic \(topic.name) as it is")
            }
            for row in rows where !members.contains(where: { $0.id == row.id }) {
                disagree("there is a row of channel \(row.name), which topic \(topic.name) lacks")
            }
        }
        for row in stored.topics where !inspection.topics.contains(where: { $0.id == row.id }) {
            disagree("there is a row of topic \(row.name), which has no folder")
        }
    }

    private mutating func disagree(_ text: String) {
        findings.append(isSettled ? .damage(metadataPath, text) : .notice(metadataPath, text))
    }

    private mutating func checkDocument(_ inspection: StoreInspection, _ document: NSQDDat) {
        let path = "\(inspection.dataPath)/\(NSQDDat.fileName)"
        let said = Set(document.topics.map { "\($0.name) \($0.isPaused)" })
        let found = Set(inspection.topics.map { "\($0.name) \($0.isPaused)" })
        let channelsSaid = document.topics.flatMap { topic in
            topic.channels.map { "\(topic.name) \($0.name) \($0.isPaused)" }
        }
        let channelsFound = inspection.topics.flatMap { topic in
            topic.channels.map { "\(topic.name) \($0.name) \($0.isPaused)" }
        }
        guard said != found || Set(channelsSaid) != Set(channelsFound) else { return }
        findings.append(
            .notice(
                path,
                "topics, channels or pauses differ from the store; the next start writes it anew"
            )
        )
    }
}
