import DiskQueueTesting

/// What a simulated run did to the engine, in order: the source of all promises.
///
/// Topics and channels are numbered by incarnation: one that is deleted and made again is another.
/// What ends with "ing" was begun and may have happened; the rest has returned.
enum Event {
    /// The wall clock stands at this many milliseconds.
    case clock(UInt64)
    case creating(topic: Int, name: String)
    case created(topic: Int)
    case deleting(topic: Int)
    case deleted(topic: Int)
    case changing(topic: Int, RosterChange)
    case changed(topic: Int)
    /// The change was refused; it may have happened on the disk all the same.
    case changeFailed(topic: Int)
    /// A publish began; `due` in milliseconds, 0 when it is not deferred.
    case publishing(topic: Int, keys: [UInt64], due: UInt64)
    /// The publish returned.
    case published(topic: Int, keys: [UInt64])
    /// Everything published to the topic before was said to be durable.
    case synchronized(topic: Int)
    case finishing(ChannelNumber, keys: [UInt64])
    case emptying(ChannelNumber)
    case received(ChannelNumber, key: UInt64)
    case deferring(ChannelNumber, key: UInt64, due: UInt64)
    /// The channel's ledger was handed to the kernel.
    case flushed(ChannelNumber)
    /// What was flushed of the channel's ledger was said to be durable.
    case ledgerSynchronized(ChannelNumber)
    /// The channel's ledger was written anew, durably.
    case checkpointed(ChannelNumber)
    /// The store was opened again on the same disk, and then held this.
    case restarted(Observation)
}

/// A channel by the incarnations of its topic and its own.
struct ChannelNumber: Hashable {
    var topic: Int
    var channel: Int
}

/// A change of a topic's channels or pause states.
enum RosterChange {
    case add(channel: Int, name: String)
    /// A channel that nobody reads and that ends with the process.
    case addEphemeral
    case remove(channel: Int)
    case pause(Bool)
    case pauseChannel(Int, Bool)
    /// Drops what the pump has not passed.
    case empty
}
