package import DiskQueue
import Synchronization

/// The steps of the background work, for a broker that has none: tests and simulators take them when they like.
extension Broker {
    /// Writes what the ledgers noted.
    ///
    /// Durability: handed to the kernel on return.
    package func flushLedgers() throws(DiskQueueError) {
        for channel in allChannels { try channel.ledger?.flush() }
    }

    /// Begins every ledger anew with the state of its channel.
    package func checkpointLedgers() throws(DiskQueueError) {
        for channel in allChannels { try channel.checkpoint(in: shared.store) }
    }

    /// Makes all that was published durable.
    package func synchronizeLogs() throws(DiskQueueError) {
        for topic in all { try topic.log.synchronize() }
    }

    /// How many looks at channels are planned.
    package var scheduledCount: Int { shared.deadlines.count }

    private var allChannels: [Channel] {
        all.flatMap { topic in topic.state.withLock { $0.channels } }
    }
}
