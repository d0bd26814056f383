import DiskQueue
package import NSQCore
import Synchronization

/// A named stream: one log, and the channels that read it.
///
/// The pump says how far the channels may read. It follows the end of the log while the topic is unpaused and has
/// a channel, and stands still otherwise. Source: design §4, `nsqd` spec 3.1 and 3.7.
///
/// Isolation: callable from any thread. One lock, held over the write of a publish; a channel's lock may be taken
/// under it, never the other way.
package final class Topic: Sendable {
    /// The topic's name.
    package let name: TopicName

    let log: TopicLog
    /// When the topic was made, milliseconds since the Unix epoch.
    let createdMilliseconds: Int64
    let shared: BrokerShared
    let state: Mutex<TopicState>
    private let exiting = Atomic<Bool>(false)
    /// Where a channel's cursor has to come before another segment may be removable.
    private let collectAt = Atomic<UInt64>(.max)
    private let isCollecting = Atomic<Bool>(false)
    /// Whether there are sealed segments that every cursor has passed: what is in flight or waits keeps them.
    private let hasPinnedSegments = Atomic<Bool>(false)
    private let isLaterCollectionPlanned = Atomic<Bool>(false)
    /// Told when an ephemeral topic lost its last channel.
    private let abandoned: @Sendable (Topic) -> Void

    /// What a topic guards with its lock.
    struct TopicState {
        var channels: [Channel] = []
        /// The durable channels, the pause state, and where the pump stands.
        var roster: Roster
        /// Deferred messages that the pump has not passed yet.
        var heldDeferred: [DeferredBatch] = []
        /// Numbers that no message has, from recovery; dropped once every channel is past them.
        var gaps: [Range<UInt64>] = []
        var messageCount: UInt64 = 0
        var messageBytes: UInt64 = 0
        /// The log's end when the daemon started: what lay on disk then counts as the original's backend.
        var storedEnd: UInt64 = 0
        /// Whether it is not known yet which channels the topic has elsewhere: the pump stands still until then.
        var awaitsChannels = false
    }

    init(
        name: TopicName,
        log: TopicLog,
        roster: Roster,
        createdMilliseconds: Int64,
        shared: BrokerShared,
        awaitsChannels: Bool = false,
        abandoned: @escaping @Sendable (Topic) -> Void
    ) {
        self.name = name
        self.log = log
        self.createdMilliseconds = createdMilliseconds
        self.shared = shared
        self.abandoned = abandoned
        state = Mutex(TopicState(roster: roster, awaitsChannels: awaitsChannels))
    }

    /// Whether the topic is being deleted or closed: a cached reference must be looked up anew.
    package var isExiting: Bool { exiting.load(ordering: .acquiring) }

    /// The channel of that name, if there is one.
    package func existingChannel(_ name: ChannelName) -> Channel? {
        state.withLock { state in state.channels.first { $0.name == name } }
    }

    /// Messages that the pump has not passed.
    func depth(_ state: TopicState) -> Int64 {
        guard let held = state.roster.heldPump else { return 0 }
        return Int64(clamping: log.messageCount(from: held))
    }

    /// How many of these messages lay on disk when the daemon started.
    func storedDepth(_ state: TopicState) -> Int64 {
        guard let held = state.roster.heldPump, held < state.storedEnd else { return 0 }
        return Int64(clamping: log.messageCount(from: held))
            - Int64(clamping: log.messageCount(from: state.storedEnd))
    }

    /// What `nsqd.dat` says of the topic.
    var snapshot: (isPaused: Bool, channels: [(name: ChannelName, isPaused: Bool)]) {
        state.withLock { state in
            (
                state.roster.isPaused,
                state.channels.filter { !$0.name.isEphemeral }.map { channel in
                    (channel.name, channel.core.withLock { $0.isPaused })
                }
            )
        }
    }

    // MARK: - Publishing

    /// Publishes bodies: one batch, written with one write before this returns.
    ///
    /// - Parameters:
    ///   - bodies: at least one, none empty.
    ///   - deferral: nanoseconds to hold the messages back; 0 for none.
    /// - Returns: `nil` when the durability promise holds already, else a ticket to wait for.
    /// - Throws: `.exiting`, `.storage`; nothing was published then.
    package func publish(
        _ bodies: UnsafeBufferPointer<UnsafeRawBufferPointer>,
        deferral: Int64
    ) throws(BrokerError) -> CommitTicket? {
        guard !isExiting, !shared.isExiting else { throw .exiting }
        let wall = shared.time.wallNanoseconds
        var delay: TopicLog.Deferral?
        if deferral > 0 {
            let milliseconds = UInt64((deferral - 1) / 1_000_000 + 1)
            delay = TopicLog.Deferral(
                untilMilliseconds: UInt64(max(0, wall / 1_000_000)) &+ milliseconds,
                delayMilliseconds: milliseconds
            )
        }
        var bytes = 0
        for body in bodies { bytes += body.count }
        do throws(DiskQueueError) {
            try state.withLock { (state) throws(DiskQueueError) in
                state.messageCount += UInt64(bodies.count)
                state.messageBytes += UInt64(bytes)
                let room = room(in: state)
                guard room > 0 else {
                    // Dropped silently, though counted (`nsqd` spec 3.1).
                    for channel in state.channels where state.roster.heldPump == nil {
                        channel.core.withLock { $0.messageCount += UInt64(bodies.count) }
                    }
                    return
                }
                let accepted =
                    bodies.count <= room
                    ? bodies : UnsafeBufferPointer(rebasing: bodies.prefix(room))
                let appended = try log.append(accepted, timestamp: wall, deferral: delay)
                passOn(appended, delay: delay, deferral: deferral, &state)
            }
        } catch {
            state.withLock { state in
                state.messageCount -= UInt64(bodies.count)
                state.messageBytes -= UInt64(bytes)
            }
            throw shared.notePublishFailure(error)
        }
        shared.notePublished()
        guard shared.waitsForSync, !name.isEphemeral else { return nil }
        return CommitTicket(log: log, shared: shared)
    }

    /// How many messages an ephemeral topic takes, 0 when none of its channels takes any; others take all.
    private func room(in state: TopicState) -> Int {
        guard name.isEphemeral else { return .max }
        if state.roster.heldPump != nil {
            return Int(clamping: Int64(shared.configuration.memoryQueueSize) - depth(state))
        }
        let hasRoom = state.channels.contains { channel in
            channel.core.withLock { core in
                core.capacity.map { core.depth < Int64(clamping: $0) } ?? true
            }
        }
        return hasRoom ? .max : 0
    }

    private func passOn(
        _ appended: TopicLog.Appended,
        delay: TopicLog.Deferral?,
        deferral: Int64,
        _ state: inout TopicState
    ) {
        if appended.hasSealed { noteNextCollection(state.channels, includesPassed: true) }
        let gap = appended.gap.map { [$0] } ?? []
        guard state.roster.heldPump == nil else {
            state.gaps += gap
            if let delay {
                state.heldDeferred.append(DeferredBatch(appended, delay))
            }
            return
        }
        var batches: [(DeferredBatch, Int64)] = []
        if let delay {
            let due = shared.time.monotonicNanoseconds.adding(deferral)
            batches.append((DeferredBatch(appended, delay), due))
        }
        for channel in state.channels {
            let due = channel.core.withLock { core in
                core.advance(
                    to: appended.endSequence,
                    count: UInt64(appended.count),
                    gaps: gap,
                    deferred: batches
                )
                return batches.isEmpty ? nil : core.dueToSchedule()
            }
            channel.schedule(due)
        }
    }

    // MARK: - Ends

    /// Refuses publishes from now on and closes the consumers' connections.
    func close() {
        exiting.store(true, ordering: .releasing)
        let channels = state.withLock { $0.channels }
        for channel in channels { channel.close() }
    }

    /// Refuses everything new if there is no channel; `false` when there is one.
    func beginExitIfEmpty() -> Bool {
        state.withLock { state in
            guard state.channels.isEmpty else { return false }
            exiting.store(true, ordering: .releasing)
            return true
        }
    }

    /// An ephemeral channel lost its last consumer.
    func abandon(_ channel: Channel) {
        shared.perform { [weak self] in
            guard let self else { return }
            // Closed under the lock that a consumer joins under: one that came meanwhile keeps the channel, and
            // one that comes later finds that it has to make it anew.
            let isStillEmpty = channel.core.withLock { core in
                guard core.memberSlots.isEmpty, !core.isClosed else { return false }
                core.isClosed = true
                return true
            }
            guard isStillEmpty else { return }
            // SWALLOW: somebody else deleted it first.
            try? deleteChannel(channel.name)
        }
    }

    /// The last channel of an ephemeral topic is gone.
    func abandonIfEphemeral() {
        if name.isEphemeral { abandoned(self) }
    }

    // MARK: - Retention

    /// Pause before segments that something pins are looked at again.
    private static let pinnedPause = Duration.seconds(1)

    /// A channel whose cursor stands at `cursor` finished something: segments may have become removable.
    func channelSettled(cursor: UInt64) {
        if cursor >= collectAt.load(ordering: .relaxed) {
            scheduleCollection()
        } else if hasPinnedSegments.load(ordering: .relaxed) {
            scheduleCollectionLater()
        }
    }

    /// Looks for removable segments once in a while, however many messages are finished meanwhile.
    private func scheduleCollectionLater() {
        let isPlanned = isLaterCollectionPlanned.exchange(true, ordering: .acquiringAndReleasing)
        guard !isPlanned else { return }
        shared.perform(after: Self.pinnedPause) { [weak self] in
            self?.isLaterCollectionPlanned.store(false, ordering: .releasing)
            self?.collect()
        }
    }

    /// Looks for removable segments soon.
    func scheduleCollection() {
        guard isCollecting.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
        shared.perform { [weak self] in self?.collect() }
    }

    /// Removes the segments that no channel needs.
    ///
    /// Blocking; off the event loops.
    func collect() {
        isCollecting.store(false, ordering: .releasing)
        guard !isExiting else { return }
        let (channels, held) = state.withLock { ($0.channels, $0.roster.heldPump) }
        let removable = log.removableSegments { range in
            if let held, range.upperBound > held { return true }
            return channels.contains { channel in
                channel.core.withLock { $0.needs(range) }
            }
        }
        do throws(DiskQueueError) {
            if !removable.isEmpty {
                // What says that nobody needs the segments must outlive them: the ledgers, and the
                // segment that goes on with the topic's name, numbers and channels.
                try log.synchronize()
                for ledger in channels.compactMap(\.ledger) {
                    try ledger.flush()
                    try ledger.synchronize()
                }
            }
            for range in removable { try log.removeSegment(range.lowerBound) }
        } catch {
            shared.report(.failed("cannot remove segments of topic \(name): \(error.message)"))
        }
        noteNextCollection(channels)
    }

    /// Remembers how far a channel has to come before another segment may go: the end of the first
    /// one that a channel is still reading.
    ///
    /// One that every cursor has passed is looked at again when something is finished.
    ///
    /// `includesPassed`: also one that ends where the channels are: it was sealed just now.
    func noteNextCollection(_ channels: [Channel], includesPassed: Bool = false) {
        var passed = channels.map { $0.core.withLock { $0.cursor } }.min() ?? 0
        hasPinnedSegments.store(log.hasSealedSegment(endingBy: passed), ordering: .relaxed)
        if includesPassed, passed > 0 { passed -= 1 }
        collectAt.store(log.sealedEnd(behind: passed) ?? .max, ordering: .relaxed)
    }
}

extension DeferredBatch {
    init(_ appended: TopicLog.Appended, _ delay: TopicLog.Deferral) {
        self.init(
            sequences: appended.firstSequence..<appended.endSequence,
            untilMilliseconds: delay.untilMilliseconds,
            delayMilliseconds: delay.delayMilliseconds
        )
    }
}
