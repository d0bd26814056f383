private import NSQCore
private import Synchronization

/// One topic while messages are appended to it.
final class TopicImport {
    private let store: Store
    private let log: TopicLog
    /// Whether this import made it, so that it may be paused as it was where the messages come from.
    private let isNew: Bool
    private var roster: Roster
    private var channels: [ChannelImport] = []
    private var batch = ForeignBatch()
    /// What each message of the batch is in each channel.
    private var pending: [[String: MessageRecord.Delivery]] = []
    /// How long the messages of the batch are held back.
    private var deferral: TopicLog.Deferral?

    private final class ChannelImport {
        let member: Roster.Member
        let ledger: Ledger
        var state: ChannelState
        var isChanged = false

        init(_ member: Roster.Member, _ ledger: Ledger, _ state: ChannelState) {
            self.member = member
            self.ledger = ledger
            self.state = state
        }
    }

    init(_ topic: RecoveredTopic, isNew: Bool, of store: Store) {
        self.store = store
        log = topic.log
        self.isNew = isNew
        roster = topic.log.roster
        channels = topic.channels.map { ChannelImport($0.member, $0.ledger, $0.state) }
    }

    init(new log: TopicLog, of store: Store) {
        self.store = store
        self.log = log
        isNew = true
        roster = log.roster
    }

    /// Appends a message, sooner or later; returns how many channels were made for it.
    func add(_ record: MessageRecord) throws(DiskQueueError) -> Int {
        let made = try makeChannels(record.channels.keys.sorted())
        let isHeld = record.channels.values.contains { $0.state == "held" }
        if isNew, isHeld, !roster.isPaused {
            // It was paused, and what comes from here on waited in the topic.
            try flush()
            try change { $0.pause(end: log.endSequence) }
            store.record(.topicSaved(row))
        }
        let deferral = deferral(of: record)
        if !batch.hasRoom(for: record.body.count)
            || deferral?.untilMilliseconds != self.deferral?.untilMilliseconds
        {
            try flush()
        }
        self.deferral = deferral
        let id = UInt64(record.id, radix: 16)
        let body = record.body
        try body.withUnsafeBufferPointer { bytes throws(DiskQueueError) in
            try batch.append(UnsafeRawBufferPointer(bytes), timestamp: record.timestamp, id: id)
        }
        pending.append(record.channels)
        return made
    }

    /// Appends what is waiting, and notes what it was in each channel.
    func flush() throws(DiskQueueError) {
        guard !batch.isEmpty else { return }
        let appended = try log.append(&batch, deferral: deferral)
        // What the topic holds back no channel was given yet.
        if roster.heldPump == nil {
            for (at, deliveries) in pending.enumerated() {
                note(deliveries, of: appended.firstSequence + UInt64(at))
            }
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// The deferral that a message is published with again: one that no channel was given yet.
    private func deferral(of record: MessageRecord) -> TopicLog.Deferral? {
        guard roster.heldPump != nil, let until = record.deferredUntilMilliseconds, until > 0 else {
            return nil
        }
        return TopicLog.Deferral(
            untilMilliseconds: until,
            delayMilliseconds: record.delayMilliseconds ?? 0
        )
    }

    private func note(_ deliveries: [String: MessageRecord.Delivery], of sequence: UInt64) {
        for channel in channels {
            guard let delivery = deliveries[channel.member.name] else { continue }
            let attempts = delivery.attempts ?? 0
            switch delivery.state {
            case "finished", "not received":
                channel.state.finish(sequence..<sequence + 1)
            case "deferred":
                let due = delivery.dueMilliseconds ?? 0
                let now = UInt64(clamping: store.configuration.time.wallNanoseconds / 1_000_000)
                guard due > now else { fallthrough }
                channel.state.requeue(
                    sequence,
                    ChannelState.Redelivery(
                        attempts: attempts,
                        dueMilliseconds: due,
                        delayMilliseconds: due - now
                    )
                )
            default:
                guard attempts > 0 else { continue }
                channel.state.requeue(sequence, ChannelState.Redelivery(attempts: attempts))
            }
            channel.isChanged = true
        }
    }

    private func makeChannels(_ names: [String]) throws(DiskQueueError) -> Int {
        let missing = names.filter { name in !channels.contains { $0.member.name == name } }
        guard !missing.isEmpty else { return 0 }
        try flush()
        var members: [Roster.Member] = []
        try change { roster in
            for name in missing { members.append(roster.addChannel(name, end: log.endSequence)) }
        }
        for member in members {
            let name = member.name
            let ledger = store.createLedger(of: log, channelID: member.id, channelName: name)
            channels.append(
                ChannelImport(member, ledger, ChannelState(start: member.startSequence))
            )
            store.record(.channelSaved(ChannelRecord(topicID: log.topicID, member)))
        }
        return missing.count
    }

    private func change(_ body: (inout Roster) -> Void) throws(DiskQueueError) {
        var changed = roster
        body(&changed)
        if !changed.members.isEmpty { changed.letPumpGo() }
        try log.record(changed)
        roster = changed
    }

    /// Begins each ledger anew with what is known of its channel.
    func writeLedgers() throws(DiskQueueError) {
        for channel in channels where channel.isChanged {
            channel.ledger.cut()
            try store.checkpoint(
                channel.ledger,
                state: channel.state,
                topicID: log.topicID,
                channelID: channel.member.id
            )
            channel.isChanged = false
        }
    }

    /// Lets go of files; all is durable.
    func rest() { log.rest(waitsForSync: false) }

    /// Has the row of the last segment written, and ends the log.
    func close(_ store: Store) {
        if let segment = log.lastSegment { store.record(.segmentSealed(segment)) }
        log.close()
    }

    private var row: TopicRecord {
        TopicRecord(
            id: log.topicID,
            name: name,
            isPaused: roster.isPaused,
            createdMilliseconds: store.configuration.time.wallNanoseconds / 1_000_000
        )
    }

    private var name: String { log.state.withLock { $0.topicName } }
}
