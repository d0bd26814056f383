package import DiskQueue
private import Synchronization

/// Metadata in memory, with the semantics of the one in SQLite.
///
/// A test takes copies of its state and makes a new store from any of them, as a crash would leave it;
/// and it decides which calls fail.
///
/// Isolation: callable from any thread.
package final class MemoryMetadataStore: MetadataStore {
    /// All that a store holds at one moment.
    package struct State: Sendable, Equatable {
        /// The rows.
        package var metadata: StoredMetadata
        /// The snapshots, oldest first.
        package var snapshots: [SnapshotRecord]

        /// Composes a state.
        package init(
            metadata: StoredMetadata = StoredMetadata(),
            snapshots: [SnapshotRecord] = []
        ) {
            self.metadata = metadata
            self.snapshots = snapshots
        }
    }

    /// A call that may be made to fail.
    package enum Operation: Sendable, Equatable {
        /// ``MemoryMetadataStore/load()``.
        case load
        /// ``MemoryMetadataStore/apply(_:)`` with these changes.
        case apply([MetadataChange])
    }

    private struct Held {
        var state: State
        var commitCount = 0
        var isClosed = false
        var failure: (@Sendable (Operation) -> DiskQueueError?)?
    }

    private let held: Mutex<Held>

    /// A store that starts with `state`.
    package init(_ state: State = State()) {
        held = Mutex(Held(state: state))
    }

    /// A copy of what is committed.
    package var state: State { held.withLock { $0.state } }

    /// How many calls of ``apply(_:)`` were committed.
    package var commitCount: Int { held.withLock { $0.commitCount } }

    /// Asks `failure` before each call; an error that it returns is thrown and nothing is changed.
    ///
    /// `nil` ends that.
    package func failing(_ failure: (@Sendable (Operation) -> DiskQueueError?)?) {
        held.withLock { $0.failure = failure }
    }

    package func load() throws(DiskQueueError) -> StoredMetadata {
        try held.withLock { held throws(DiskQueueError) in
            try Self.admit(.load, held)
            return held.state.metadata
        }
    }

    package func apply(_ changes: [MetadataChange]) throws(DiskQueueError) {
        try held.withLock { held throws(DiskQueueError) in
            try Self.admit(.apply(changes), held)
            for change in changes { held.state.apply(change) }
            held.commitCount += 1
        }
    }

    package func close() {
        held.withLock { $0.isClosed = true }
    }

    private static func admit(_ operation: Operation, _ held: Held) throws(DiskQueueError) {
        if held.isClosed { throw DiskQueueError(.closed, "metadata is closed") }
        if let error = held.failure?(operation) { throw error }
    }
}

extension MemoryMetadataStore.State {
    /// Applies one change.
    package mutating func apply(_ change: MetadataChange) {
        switch change {
        case .topicSaved(let topic):
            Self.save(topic, in: &metadata.topics) { [$0.id] }
        case .topicDeleted(let id):
            metadata.topics.removeAll { $0.id == id }
            metadata.channels.removeAll { $0.topicID == id }
            metadata.segments.removeAll { $0.topicID == id }
            metadata.checkpoints.removeAll { $0.topicID == id }
        case .channelSaved(let channel):
            Self.save(channel, in: &metadata.channels) { [$0.topicID, $0.id] }
        case .channelDeleted(let topicID, let id):
            metadata.channels.removeAll { $0.topicID == topicID && $0.id == id }
            metadata.checkpoints.removeAll { $0.topicID == topicID && $0.channelID == id }
        case .segmentSealed(let segment):
            Self.save(segment, in: &metadata.segments) { [$0.topicID, $0.firstSequence] }
        case .segmentDeleted(let topicID, let firstSequence):
            metadata.segments.removeAll {
                $0.topicID == topicID && $0.firstSequence == firstSequence
            }
        case .checkpointTaken(let checkpoint):
            Self.save(checkpoint, in: &metadata.checkpoints) { [$0.topicID, $0.channelID] }
        case .snapshotTaken(let snapshot):
            snapshots.append(snapshot)
            let excess = snapshots.count - SQLiteMetadataStore.maximumSnapshots
            if excess > 0 { snapshots.removeFirst(excess) }
        }
    }

    /// Replaces the row with the key of `row`, or inserts it where its key belongs.
    private static func save<Row>(_ row: Row, in rows: inout [Row], key: (Row) -> [UInt64]) {
        let newKey = key(row)
        let place = rows.firstIndex { !key($0).lexicographicallyPrecedes(newKey) } ?? rows.count
        if place < rows.count, key(rows[place]) == newKey {
            rows[place] = row
        } else {
            rows.insert(row, at: place)
        }
    }
}
