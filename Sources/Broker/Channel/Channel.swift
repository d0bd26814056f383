import DiskQueue
package import NSQCore
import Synchronization

/// One independent copy of a topic's messages, shared by its consumers.
///
/// Isolation: callable from any thread. One lock, taken once a delivery or a batch of finishes, never held over
/// I/O: what is to be copied is decided under it, the bytes are copied after it.
package final class Channel: Sendable {
    /// The channel's name.
    package let name: ChannelName
    /// Names its ledger; 0 for an ephemeral channel.
    let id: UInt64

    let core: Mutex<ChannelCore>
    let ledger: Ledger?
    let log: TopicLog
    let shared: BrokerShared
    /// `nil` unless latencies are asked for.
    let latency: LatencyTracker?
    /// `nil` once the topic is deleted; a connection may come to know of it later.
    private weak let topic: Topic?

    init(
        name: ChannelName,
        id: UInt64,
        core: consuming sending ChannelCore,
        ledger: Ledger?,
        topic: Topic
    ) {
        self.name = name
        self.id = id
        self.core = Mutex(core)
        self.ledger = ledger
        self.topic = topic
        log = topic.log
        shared = topic.shared
        let now = shared.time.monotonicNanoseconds
        latency = shared.configuration.latencyWindow.map { LatencyTracker(window: $0, now: now) }
    }

    // MARK: - Consumers

    /// Lets a consumer in.
    ///
    /// - Throws: `.exiting` when the channel is being deleted, `.consumerLimit`.
    package func add(_ consumer: Consumer) throws(BrokerError) {
        let limit = shared.configuration.maximumChannelConsumers
        guard let topicName = topic?.name.text else { throw .exiting }
        let channelName = name.text
        let member = try core.withLock { (core) throws(BrokerError) -> Consumer.Membership in
            guard !core.isClosed else { throw .exiting }
            if limit > 0, core.memberSlots.count >= limit {
                throw .consumerLimit(topic: topicName, channel: channelName, limit: limit)
            }
            let id = core.nextMemberID
            core.nextMemberID &+= 1
            if consumer.proximity != .global { core.hasNearConsumers = true }
            let member = ChannelCore.Member(id: id, consumer: consumer)
            let slot: Int
            if let free = core.members.firstIndex(where: { $0 == nil }) {
                core.members[free] = member
                slot = free
            } else {
                slot = core.members.count
                core.members.append(member)
            }
            core.memberSlots[id] = slot
            return Consumer.Membership(channel: self, id: id, slot: slot)
        }
        consumer.join(member)
    }

    /// Lets a consumer go.
    ///
    /// What is in flight to it stays so until it times out: it may still be worked on.
    package func remove(_ consumer: Consumer) {
        guard let member = consumer.member, member.channel === self else { return }
        consumer.join(nil)
        let isAbandoned = core.withLock { core in
            core.memberSlots[member.id] = nil
            core.members[member.slot] = nil
            core.waiting.removeAll { $0 == member.id }
            core.wake(1)
            return core.memberSlots.isEmpty
        }
        if isAbandoned, name.isEphemeral { topic?.abandon(self) }
    }

    /// Sets how many messages may be in flight to a consumer.
    ///
    /// The caller takes afterwards.
    package func setReadyCount(_ count: Int, of consumer: Consumer) {
        guard let member = consumer.member else { return }
        core.withLock { $0.members[member.slot]?.counts.readyCount = count }
    }

    func counts(of member: Consumer.Membership) -> Consumer.Counts {
        core.withLock { $0.members[member.slot]?.counts } ?? Consumer.Counts()
    }

    // MARK: - Settling

    /// Finishes messages; `ids` are message ids as 64-bit values.
    ///
    /// Durability: noted in the ledger, which is written within 50 ms. A finish lost by a crash duplicates.
    ///
    /// `failed`: called with the index of each that could not be finished, and why.
    package func finish(
        _ ids: UnsafeBufferPointer<UInt64>,
        by consumer: Consumer,
        failed: (_ index: Int, _ reason: BrokerError) -> Void
    ) {
        guard let member = consumer.member else {
            for index in ids.indices { failed(index, .notInFlight) }
            return
        }
        let list = MessageIDList(ids: ids)
        let (cursor, failures) = core.withLock { core in
            let failures = core.finish(list.ids, by: member, ledger: ledger)
            return (core.cursor, failures)
        }
        latency?.finished(
            list.ids,
            failed: failures.map(\.index),
            wall: shared.time.wallNanoseconds,
            now: shared.time.monotonicNanoseconds
        )
        for failure in failures { failed(failure.index, failure.reason) }
        topic?.channelSettled(cursor: cursor)
    }

    /// Requeues a message, at once or after `delay` nanoseconds.
    ///
    /// - Throws: `.notInFlight`, `.notOwner`.
    package func requeue(
        _ id: UInt64,
        delay: Int64,
        by consumer: Consumer
    ) throws(BrokerError) {
        guard let member = consumer.member else { throw .notInFlight }
        let now = shared.time.monotonicNanoseconds
        let wall = shared.wallMilliseconds
        let due = try core.withLock { (core) throws(BrokerError) -> Int64? in
            try core.requeue(
                id,
                delay: delay,
                by: member,
                ledger: ledger,
                now: now,
                wallMilliseconds: wall
            )
            return core.dueToSchedule()
        }
        schedule(due)
    }

    /// Gives a message a new deadline.
    ///
    /// - Throws: `.notInFlight`, `.notOwner`.
    package func touch(_ id: UInt64, by consumer: Consumer) throws(BrokerError) {
        guard let member = consumer.member else { throw .notInFlight }
        let now = shared.time.monotonicNanoseconds
        let maximum = shared.configuration.maximumMessageTimeout
        let due = try core.withLock { (core) throws(BrokerError) -> Int64? in
            try core.touch(
                id,
                by: member,
                timeout: consumer.messageTimeout,
                maximum: maximum,
                now: now
            )
            return core.dueToSchedule()
        }
        schedule(due)
    }

    // MARK: - Control

    /// Stops deliveries; the channel still fills.
    ///
    /// Persisted on return.
    package func pause() throws(BrokerError) { try setPaused(true, in: topic) }

    /// Lets deliveries go on.
    ///
    /// Persisted on return.
    package func unpause() throws(BrokerError) { try setPaused(false, in: topic) }

    private func setPaused(_ isPaused: Bool, in topic: Topic?) throws(BrokerError) {
        guard let topic else { throw .exiting }
        try topic.setPaused(isPaused, self)
        shared.background?.writeMetadataNow()
    }

    /// Drops what is queued, in flight and deferred.
    ///
    /// Blocking; persisted on return.
    package func empty() throws(BrokerError) {
        let end = core.withLock { core -> UInt64 in
            core.empty(ledger: ledger)
            return core.cursor
        }
        latency?.forgetMessages()
        do throws(DiskQueueError) {
            try ledger?.flush()
        } catch {
            throw shared.notePublishFailure(error)
        }
        topic?.channelSettled(cursor: end)
    }

    func setPaused(_ isPaused: Bool) {
        core.withLock { core in
            core.isPaused = isPaused
            if !isPaused { core.wakeAll() }
        }
    }

    /// Ends the channel: its consumers' connections are closed, nothing is delivered any more.
    func close() {
        let consumers = core.withLock { core -> [Consumer] in
            core.isClosed = true
            return core.members.compactMap { $0?.consumer }
        }
        for consumer in consumers { consumer.delegate?.consumerChannelClosed() }
    }

    // MARK: - Time

    /// Times out and releases what is due.
    ///
    /// - Returns: when to come again, monotonic nanoseconds; `nil` when there is nothing to wait for.
    func processDue() -> Int64? {
        let now = shared.time.monotonicNanoseconds
        return core.withLock { core in
            core.processDue(now: now, ledger: ledger)
            while let planned = core.planned.last, planned <= now { core.planned.removeLast() }
            return core.dueToSchedule()
        }
    }

    func schedule(_ due: Int64?) {
        if let due { shared.deadlines.schedule(self, at: due) }
    }

    // MARK: - Durability

    /// Writes the ledger anew, beginning with the state as it is.
    ///
    /// Blocking; off the event loops.
    func checkpoint(in store: Store) throws(DiskQueueError) {
        guard let ledger else { return }
        let state = core.withLock { core -> ChannelState in
            ledger.cut()
            core.isChanged = false
            return core.state()
        }
        try store.checkpoint(ledger, state: state, topicID: log.topicID, channelID: id)
    }

    /// Notes what is in flight as to be delivered again, with its attempts: the last act of a clean stop.
    ///
    /// - Returns: the state for the metadata; `nil` when nothing changed.
    func noteInFlight() -> ChannelState? {
        guard let ledger else { return nil }
        return core.withLock { core in
            guard core.isChanged || core.inFlightCount > 0 else { return nil }
            let state = core.state()
            for (sequence, redelivery) in state.redeliveries
            where redelivery.dueMilliseconds == 0 && redelivery.attempts > 0 {
                ledger.requeued(sequence, attempts: redelivery.attempts, isTimeout: false)
            }
            return state
        }
    }
}

// SAFETY: read by the thread that made it, while the call that it was made for lasts.
private struct MessageIDList: @unchecked Sendable {
    let ids: UnsafeBufferPointer<UInt64>
}

extension ChannelCore {
    /// The next due time when the scheduler does not know of one as early.
    mutating func dueToSchedule() -> Int64? {
        let due = nextDue
        guard due < planned.last ?? .max else { return nil }
        planned.append(due)
        return due
    }
}
