package import DiskQueue

// The background work of a broker that was opened without any: a simulator does it, step by step.

extension Broker {
    /// Hands everything that the store asks for to `handler`.
    package func onWork(_ handler: @escaping @Sendable (Store.WorkRequest) -> Void) {
        shared.store.attach(handler)
    }
}

extension Topic {
    /// Makes durable what was published so far.
    ///
    /// Blocking.
    package func synchronize() throws(DiskQueueError) { try log.synchronize() }

    /// Removes the segments that no channel needs.
    ///
    /// Blocking.
    package func collectSegments() { collect() }
}

extension Channel {
    /// Hands the noted changes of delivery state to the kernel.
    ///
    /// Blocking.
    package func flushLedger() throws(DiskQueueError) { try ledger?.flush() }

    /// Makes durable what was flushed.
    ///
    /// Blocking.
    package func synchronizeLedger() throws(DiskQueueError) { try ledger?.synchronize() }

    /// Writes the ledger anew, beginning with the state as it is.
    ///
    /// Blocking.
    package func checkpointLedger() throws(DiskQueueError) { try checkpoint(in: shared.store) }
}
