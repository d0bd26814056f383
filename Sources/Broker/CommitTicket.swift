import DiskQueue

/// A publish that is written and not yet durable (`--fsync=always`).
package struct CommitTicket: Sendable {
    let log: TopicLog
    let shared: BrokerShared

    /// Calls `body` once, on any thread, when the publish is durable, or with the reason why it cannot be.
    package func whenDurable(_ body: @escaping @Sendable (BrokerError?) -> Void) {
        guard let background = shared.background else {
            do throws(DiskQueueError) {
                try log.synchronize()
                body(nil)
            } catch {
                body(shared.notePublishFailure(error))
            }
            return
        }
        background.whenDurable(log) { [shared] error in
            body(error.map { shared.notePublishFailure($0) })
        }
    }
}
