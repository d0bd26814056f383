internal import Synchronization

/// One topic's messages: an append-only run of segment files, read by any number of channels.
///
/// A message is written once, in wire form, however many channels there are. Sequences rise densely, apart
/// from a jump after a possible power loss.
///
/// Isolation: callable from any thread; one lock, held over the write of an append, never over a read from
/// disk or a sync.
package final class TopicLog: Sendable {
    /// Numbers the topic's folder.
    package let topicID: UInt64
    /// The topic's folder.
    package let folder: String

    let configuration: LogConfiguration
    let report: @Sendable (LogEvent) -> Void
    let state: Mutex<LogState>
    /// Held over a whole sync: each of two at once would count what the other one makes durable.
    let syncTurn = Mutex<Void>(())

    /// What an append did.
    package struct Appended: Sendable {
        /// Sequence of the first message.
        package var firstSequence: UInt64
        /// Messages appended; the sequences are dense.
        package var count: Int
        /// Sequences that were passed over just before ``firstSequence`` and never hold a message.
        package var gap: Range<UInt64>?
        /// Whether an earlier segment was sealed on the way.
        package var hasSealed: Bool
        /// Sequence after the last message.
        package var endSequence: UInt64 { firstSequence + UInt64(count) }
    }

    /// How long a batch is held back.
    package struct Deferral: Sendable {
        /// When it is due, milliseconds since the Unix epoch.
        package var untilMilliseconds: UInt64
        /// The delay asked for, milliseconds.
        package var delayMilliseconds: UInt64

        /// Composes a deferral.
        package init(untilMilliseconds: UInt64, delayMilliseconds: UInt64) {
            self.untilMilliseconds = untilMilliseconds
            self.delayMilliseconds = delayMilliseconds
        }
    }

    init(
        state: consuming sending LogState,
        configuration: LogConfiguration,
        report: @escaping @Sendable (LogEvent) -> Void
    ) {
        topicID = state.topicID
        folder = state.folder
        self.configuration = configuration
        self.report = report
        self.state = Mutex(state)
    }

    /// Makes a new topic's folder and its first segment.
    ///
    /// Durability: what a publish gets; the folder's name is synced with the first batch.
    ///
    /// `start`: the first sequence.
    /// `parent`: the directory that holds the folders of all topics.
    package static func create(
        topicID: UInt64,
        name: String,
        start: UInt64,
        parent: String,
        configuration: LogConfiguration,
        report: @escaping @Sendable (LogEvent) -> Void
    ) throws(DiskQueueError) -> TopicLog {
        let folder = "\(parent)/\(topicID)"
        var state = LogState(
            topicID: topicID,
            topicName: name,
            folder: folder,
            parent: parent,
            start: start,
            configuration: configuration
        )
        do {
            try configuration.fileSystem.makeDirectory(folder)
        } catch {
            throw DiskQueueError(error)
        }
        state.needsParentSync = true
        var events: [LogEvent] = []
        try state.startSegment(events: &events)
        let log = TopicLog(state: state, configuration: configuration, report: report)
        events.forEach(report)
        report(.dirtied(isUrgent: false))
        return log
    }

    /// Appends one publish: whole or not at all.
    ///
    /// Durability: handed to the kernel on return, so it survives the death of the process; durable once a
    /// ``synchronize()`` that began later has returned.
    ///
    /// `bodies`: at least one body, each at most 2^31 - 35 bytes.
    /// `timestamp`: nanoseconds since the Unix epoch.
    ///
    /// Throws `.noSpace` and `.io` leave the log as it was; `.poisoned` and `.closed`.
    package func append(
        _ bodies: UnsafeBufferPointer<UnsafeRawBufferPointer>,
        timestamp: Int64,
        deferral: Deferral?
    ) throws(DiskQueueError) -> Appended {
        var events: [LogEvent] = []
        defer { if !events.isEmpty { events.forEach(report) } }
        return try state.withLock { (state) throws(DiskQueueError) in
            try state.append(bodies, timestamp: timestamp, deferral: deferral, events: &events)
        }
    }

    /// Writes the topic's channels and pause state into the log, and at the start of each later segment.
    package func record(_ roster: Roster) throws(DiskQueueError) {
        var events: [LogEvent] = []
        defer { events.forEach(report) }
        try state.withLock { (state) throws(DiskQueueError) in
            try state.append(roster, events: &events)
        }
    }

    /// The last roster written.
    package var roster: Roster { state.withLock { $0.roster } }

    /// Sequence after the last message.
    package var endSequence: UInt64 { state.withLock { $0.endSequence } }

    /// The row of the last segment as it is, for the metadata of a clean stop.
    package var lastSegment: SegmentRecord? {
        state.withLock { state in
            state.segments.last.map { segment in
                SegmentRecord(
                    topicID: topicID,
                    firstSequence: segment.firstSequence,
                    endSequence: segment.endSequence,
                    byteCount: Int64(segment.dataEnd),
                    uuid: segment.uuid.low
                )
            }
        }
    }

    /// Bytes written and not known to be durable.
    package var bytesAtRisk: Int { state.withLock { $0.unsyncedBytes } }

    /// Messages stored at or above `sequence`.
    package func messageCount(from sequence: UInt64) -> UInt64 {
        state.withLock { state in
            state.segments.reduce(0) { $0 + $1.messageCount(from: sequence) }
        }
    }

    /// The ranges at or above `sequence` and below the end that hold no message: segments that were deleted
    /// or lost, and jumps.
    package func gaps(from sequence: UInt64) -> [Range<UInt64>] {
        state.withLock { state in
            var next = sequence
            var gaps: [Range<UInt64>] = []
            for segment in state.segments where segment.endSequence > next {
                if segment.firstSequence > next { gaps.append(next..<segment.firstSequence) }
                for hole in segment.holes where hole.upperBound > next {
                    gaps.append(max(next, hole.lowerBound)..<hole.upperBound)
                }
                next = segment.endSequence
            }
            return gaps
        }
    }

    /// Rises with everything that needs the log's files.
    var activity: UInt64 { state.withLock { $0.activity } }

    /// Lets go of files and memory while nothing happens; both come back by themselves.
    ///
    /// `waitsForSync`: whether a file with unsynced bytes stays open for its sync. Returns whether everything
    /// could be let go.
    @discardableResult
    package func rest(waitsForSync: Bool = true) -> Bool {
        configuration.cache.forget(topicID)
        return state.withLock { state in
            state.tail.clear()
            for index in state.segments.indices { state.segments[index].reader = nil }
            guard state.unsyncedBytes == 0 || !waitsForSync else { return false }
            state.activeFile = nil
            if !waitsForSync { state.unsyncedSealed = [] }
            // The next append reports the log anew, so that it is looked after again.
            state.isDirty = false
            state.isUrgent = false
            return true
        }
    }

    /// Ends the log: appends throw `.closed` from now on.
    package func close() {
        configuration.cache.forget(topicID)
        state.withLock { state in
            state.isClosed = true
            state.tail.clear()
            state.activeFile = nil
            for index in state.segments.indices { state.segments[index].reader = nil }
        }
    }
}
