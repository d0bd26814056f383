/// Where the store keeps what describes its topics: an index that can be rebuilt, never the only home of anything.
///
/// Segments and ledgers describe themselves; this store makes start-up fast, keeps history and lets people query.
///
/// Isolation: callable from any thread, one call at a time.
package protocol MetadataStore: Sendable {
    /// Everything stored.
    func load() throws(DiskQueueError) -> StoredMetadata

    /// Applies `changes` in order in one transaction.
    ///
    /// Durability: all of them are on stable storage on return, or none is.
    func apply(_ changes: [MetadataChange]) throws(DiskQueueError)

    /// Ends the store's use of its files; later calls throw `.closed`.
    func close()
}

/// One change of the metadata.
package enum MetadataChange: Sendable, Equatable {
    /// Inserts the topic or replaces the row of that id.
    case topicSaved(TopicRecord)
    /// Removes the topic with its channels, segments and checkpoints.
    case topicDeleted(id: UInt64)
    /// Inserts the channel or replaces the row of that id.
    case channelSaved(ChannelRecord)
    /// Removes the channel with its checkpoint.
    case channelDeleted(topicID: UInt64, id: UInt64)
    /// A segment was sealed.
    case segmentSealed(SegmentRecord)
    /// A segment's file was removed.
    case segmentDeleted(topicID: UInt64, firstSequence: UInt64)
    /// A channel's state was checkpointed; replaces the one before.
    case checkpointTaken(CheckpointRecord)
    /// A picture of all topics and channels, in the form of the original's `nsqd.dat`.
    case snapshotTaken(SnapshotRecord)
}

/// What a metadata store holds, in ascending order of ids.
package struct StoredMetadata: Sendable, Equatable {
    /// All topics.
    package var topics: [TopicRecord] = []
    /// All channels of all topics.
    ///
    /// Channel ids are unique within their topic only.
    package var channels: [ChannelRecord] = []
    /// All sealed segments.
    package var segments: [SegmentRecord] = []
    /// The last checkpoint of each channel that has one.
    package var checkpoints: [CheckpointRecord] = []

    /// An empty store.
    package init() {}
}

/// A topic's row.
package struct TopicRecord: Sendable, Equatable {
    /// The number that names the topic's folder; never used twice.
    package var id: UInt64
    /// The topic's name.
    package var name: String
    /// Whether the topic is paused.
    package var isPaused: Bool
    /// When the topic was made, in milliseconds since the Unix epoch.
    package var createdMilliseconds: Int64

    /// Composes a row.
    package init(id: UInt64, name: String, isPaused: Bool, createdMilliseconds: Int64) {
        self.id = id
        self.name = name
        self.isPaused = isPaused
        self.createdMilliseconds = createdMilliseconds
    }
}

/// A channel's row.
package struct ChannelRecord: Sendable, Equatable {
    /// The topic that the channel belongs to.
    package var topicID: UInt64
    /// The number that names the channel's ledger; unique within the topic.
    package var id: UInt64
    /// The channel's name.
    package var name: String
    /// Whether the channel is paused.
    package var isPaused: Bool
    /// The first sequence that the channel was to receive.
    package var startSequence: UInt64

    /// Composes a row.
    package init(topicID: UInt64, id: UInt64, name: String, isPaused: Bool, startSequence: UInt64) {
        self.topicID = topicID
        self.id = id
        self.name = name
        self.isPaused = isPaused
        self.startSequence = startSequence
    }
}

/// A segment's row: of a sealed one, or of the last one as a clean stop left it.
package struct SegmentRecord: Sendable, Equatable {
    /// The topic that the segment belongs to.
    package var topicID: UInt64
    /// Sequence of the first message in the segment.
    package var firstSequence: UInt64
    /// Sequence after the last message in the segment.
    package var endSequence: UInt64
    /// Bytes of the file up to the footer.
    package var byteCount: Int64
    /// The low half of the segment's uuid.
    package var uuid: UInt64

    /// Composes a row.
    package init(
        topicID: UInt64,
        firstSequence: UInt64,
        endSequence: UInt64,
        byteCount: Int64,
        uuid: UInt64
    ) {
        self.topicID = topicID
        self.firstSequence = firstSequence
        self.endSequence = endSequence
        self.byteCount = byteCount
        self.uuid = uuid
    }
}

/// A channel's checkpoint: the copy that stands in when the ledger's own is damaged.
package struct CheckpointRecord: Sendable, Equatable {
    /// The topic that the channel belongs to.
    package var topicID: UInt64
    /// The channel.
    package var channelID: UInt64
    /// The ledger generation that continues this checkpoint.
    package var generation: UInt64
    /// Every message below this sequence is finished.
    package var ackFloor: UInt64
    /// The whole state, as the ledger encodes it.
    package var state: [UInt8]
    /// When it was taken, in milliseconds since the Unix epoch.
    package var takenMilliseconds: Int64

    /// Composes a row.
    package init(
        topicID: UInt64,
        channelID: UInt64,
        generation: UInt64,
        ackFloor: UInt64,
        state: [UInt8],
        takenMilliseconds: Int64
    ) {
        self.topicID = topicID
        self.channelID = channelID
        self.generation = generation
        self.ackFloor = ackFloor
        self.state = state
        self.takenMilliseconds = takenMilliseconds
    }
}

/// A snapshot with the number that it has for good.
package struct NumberedSnapshot: Sendable, Equatable {
    /// Rises, and is never used twice.
    package var number: Int64
    /// The snapshot.
    package var record: SnapshotRecord
}

/// A picture of all topics and channels at one moment.
package struct SnapshotRecord: Sendable, Equatable {
    /// When it was taken, in milliseconds since the Unix epoch.
    package var takenMilliseconds: Int64
    /// What changed, such as "topic created: orders".
    package var reason: String
    /// The document, in the JSON form of the original's `nsqd.dat`.
    package var document: String

    /// Composes a row.
    package init(takenMilliseconds: Int64, reason: String, document: String) {
        self.takenMilliseconds = takenMilliseconds
        self.reason = reason
        self.document = document
    }
}
