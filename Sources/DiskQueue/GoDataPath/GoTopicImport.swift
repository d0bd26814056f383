internal import NSQCore

/// Imports one topic of the original into a new store.
///
/// The messages of each channel become one run of the topic's log, which the other channels begin behind or pass
/// over; the topic's own come last and go to all of them. Messages that wait in several channels are stored for
/// each: telling that they are the same would take a table of all ids.
///
/// Memory: one batch, and what ``maximumRedeliveries`` allows.
struct GoTopicImport {
    /// Messages whose attempts are kept; those of more are counted from 1 again, for each takes memory in the
    /// channel too.
    static let maximumRedeliveries = 1 << 20

    /// Unsynced bytes of a log beyond which it is synced: until then each sealed segment holds its file open.
    private static let syncBytes = 64 << 20

    private let source: GoDataPath
    private let topic: GoTopic
    private let store: Store
    private var log: TopicLog?
    private var batch = ForeignBatch()
    /// The id of the first message.
    private var firstID: UInt64?
    /// The sequence of the first message.
    private var start: UInt64 = 0
    /// Messages so far, those in the batch included.
    private var count: UInt64 = 0
    /// The runs of the channels, as counts of messages from the first one.
    private var runs: [Range<UInt64>] = []
    /// Attempts by count, for each channel; the last is for what goes to all of them.
    private var attempts: [[UInt64: UInt16]] = []
    private var keptAttempts = 0
    private var forgottenAttempts: UInt64 = 0

    /// Prepares the import of `topic` into `store`.
    init(_ topic: GoTopic, of source: GoDataPath, into store: Store) {
        self.topic = topic
        self.source = source
        self.store = store
    }

    /// Imports the topic; not durable on return.
    ///
    /// - Throws: `.noSpace`, `.io`, `.tooLarge`.
    mutating func run(report: inout GoImportReport) throws(DiskQueueError) {
        for channel in topic.channels {
            runs.append(
                try read(
                    channel.parts,
                    GoQueueName(topic: topic.name, channel: channel.name),
                    &report
                )
            )
        }
        let own = try read(topic.parts, GoQueueName(topic: topic.name), &report)
        try flush()
        let log = try openLog()
        try writeRoster(to: log, own: own)
        try writeLedgers(of: log, own: own)
        log.rest(waitsForSync: false)
        log.close()
        if forgottenAttempts > 0 {
            report.notes.append(
                "topic \(topic.name): the attempts of \(forgottenAttempts) messages are counted anew"
            )
        }
    }

    // MARK: - Messages

    /// Appends what a queue holds; returns the run as counts of messages.
    private mutating func read(
        _ parts: GoQueueParts,
        _ name: GoQueueName,
        _ report: inout GoImportReport
    ) throws(DiskQueueError) -> Range<UInt64> {
        let first = count
        attempts.append([:])
        var queue = GoImportReport.Queue(name)
        for part in parts.parts {
            let path = "\(source.directory)/\(part.file)"
            var reader: GoRecordReader
            do {
                reader = try GoRecordReader(
                    try source.fileSystem.open(path, .readOnly),
                    from: part.start,
                    maximumBodyBytes: source.options.maximumMessageBytes
                )
            } catch {
                throw DiskQueueError(error)
            }
            while let record = next(&reader, &report) { try append(record) }
            guard let place = reader.firstDamage else { continue }
            queue.passedOverBytes += UInt64(reader.passedOverBytes)
            report.damagedFiles.append(part.file)
            report.notes.append(
                "\(path) is damaged at \(place): \(reader.passedOverBytes) bytes are no message and were passed over"
            )
        }
        queue.messageCount = count - first
        report.queues.append(queue)
        return first..<count
    }

    /// The next record; what a disk does not give back is passed over.
    private func next(_ reader: inout GoRecordReader, _ report: inout GoImportReport) -> GoRecord? {
        do throws(FileSystemError) {
            return try reader.next()
        } catch {
            reader.skipRest()
            report.notes.append(error.description)
            return nil
        }
    }

    private mutating func append(_ record: GoRecord) throws(DiskQueueError) {
        if !batch.hasRoom(for: record.body.count) { try flush() }
        if count == 0 { firstID = record.id }
        try batch.append(record.body, timestamp: record.timestamp, id: record.id)
        if record.attempts > 0 {
            if keptAttempts < Self.maximumRedeliveries {
                attempts[attempts.count - 1][count] = record.attempts
                keptAttempts += 1
            } else {
                forgottenAttempts += 1
            }
        }
        count += 1
    }

    private mutating func flush() throws(DiskQueueError) {
        guard !batch.isEmpty else { return }
        let log = try openLog()
        _ = try log.append(&batch)
        if log.bytesAtRisk > Self.syncBytes { try log.synchronize() }
    }

    /// The topic's log, made with the first message.
    private mutating func openLog() throws(DiskQueueError) -> TopicLog {
        if let log { return log }
        let log = try store.createTopic(
            topic.name.text,
            start: ForeignBatch.firstSequence(ofID: firstID)
        )
        start = log.endSequence
        self.log = log
        // Each segment begins with what is known of the channels, should the last one be damaged one day.
        try writeRoster(to: log, own: 0..<0)
        return log
    }

    // MARK: - Channels

    /// The roster, once the runs are known; before, one by which every channel begins with the first message.
    private func roster(own: Range<UInt64>) -> Roster {
        let isHeld = topic.isPaused || topic.channels.isEmpty || runs.count < topic.channels.count
        var roster = Roster(heldAt: start + own.lowerBound)
        roster.isPaused = topic.isPaused
        if !isHeld { roster.heldPump = nil }
        roster.nextChannelID = UInt64(topic.channels.count) + 1
        roster.members = topic.channels.enumerated().map { index, channel in
            Roster.Member(
                id: UInt64(index) + 1,
                name: channel.name.text,
                isPaused: channel.isPaused,
                startSequence: start + begin(ofChannel: index, own: own)
            )
        }
        return roster
    }

    /// The count of messages before the first one of a channel.
    private func begin(ofChannel index: Int, own: Range<UInt64>) -> UInt64 {
        guard index < runs.count, !runs[index].isEmpty else { return own.lowerBound }
        return runs[index].lowerBound
    }

    private func writeRoster(to log: TopicLog, own: Range<UInt64>) throws(DiskQueueError) {
        let roster = roster(own: own)
        if roster != log.roster { try log.record(roster) }
    }

    private func writeLedgers(of log: TopicLog, own: Range<UInt64>) throws(DiskQueueError) {
        for (index, channel) in topic.channels.enumerated() {
            let fresh = ChannelState(start: start + begin(ofChannel: index, own: own))
            var state = fresh
            if !runs[index].isEmpty {
                // What the other channels have there.
                state.finish(start + runs[index].upperBound..<start + own.lowerBound)
            }
            for known in [attempts[index], attempts[topic.channels.count]] {
                for (count, attempts) in known {
                    state.requeue(start + count, ChannelState.Redelivery(attempts: attempts))
                }
            }
            guard state != fresh else { continue }
            let ledger = store.createLedger(
                of: log,
                channelID: UInt64(index) + 1,
                channelName: channel.name.text
            )
            _ = try ledger.install(state)
        }
    }
}
