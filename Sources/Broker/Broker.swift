import DiskQueue
package import NSQCore
import Synchronization

/// The table of topics over one store.
///
/// Isolation: callable from any thread. Lock order: broker, topic, channel.
package final class Broker: Sendable {
    let shared: BrokerShared
    private let topics = Mutex<[TopicName: Topic]>([:])
    private let closed = Mutex<(@Sendable () throws -> Void)?>(nil)
    /// Where ephemeral topics live.
    private let ephemeral: EphemeralLogs

    init(shared: BrokerShared, ephemeral: EphemeralLogs) {
        self.shared = shared
        self.ephemeral = ephemeral
    }

    /// "OK", or "NOK - " and the last disk error of a publish.
    ///
    /// Source: `nsqd` spec 3.10.
    package var health: String { shared.health }

    /// Whether the broker is shutting down.
    package var isExiting: Bool { shared.isExiting }

    /// The topic of that name, made when there is none.
    ///
    /// `createdMilliseconds`: when a topic that is made was first made, elsewhere; now when not told.
    ///
    /// - Throws: `.exiting`, `.storage`.
    package func topic(
        _ name: TopicName,
        createdMilliseconds: Int64? = nil
    ) throws(BrokerError) -> Topic {
        if let topic = existingTopic(name) { return topic }
        guard !isExiting else { throw .exiting }
        do throws(DiskQueueError) {
            let directory = shared.channelDirectory
            let asks = directory?.canAsk(about: name) ?? false
            let (topic, isMade) = try topics.withLock { (topics) throws(DiskQueueError) in
                if let topic = topics[name] { return (topic, false) }
                let topic = try make(name, createdMilliseconds, awaitsChannels: asks)
                topics[name] = topic
                return (topic, true)
            }
            guard isMade else { return topic }
            shared.report(.topicCreated(name.text))
            if asks {
                directory?.ask(about: name) { [shared] channels in
                    shared.perform { topic.open(with: channels) }
                }
            }
            return topic
        } catch {
            throw shared.notePublishFailure(error)
        }
    }

    private func make(
        _ name: TopicName,
        _ createdMilliseconds: Int64?,
        awaitsChannels: Bool
    ) throws(DiskQueueError) -> Topic {
        let created = createdMilliseconds ?? Int64(clamping: shared.wallMilliseconds)
        let log =
            if name.isEphemeral { try ephemeral.create(name.text) } else {
                try shared.store.createTopic(name.text, createdMilliseconds: created)
            }
        return adopt(
            name,
            log: log,
            createdMilliseconds: created,
            awaitsChannels: awaitsChannels
        )
    }

    /// Builds the topic of a log.
    func adopt(
        _ name: TopicName,
        log: TopicLog,
        createdMilliseconds: Int64,
        awaitsChannels: Bool = false
    ) -> Topic {
        Topic(
            name: name,
            log: log,
            roster: log.roster,
            createdMilliseconds: createdMilliseconds,
            shared: shared,
            awaitsChannels: awaitsChannels
        ) { [weak self] topic in
            guard let self else { return }
            shared.perform {
                // A consumer that joined meanwhile keeps it.
                guard topic.beginExitIfEmpty() else { return }
                // SWALLOW: somebody else deleted it first.
                try? self.deleteTopic(topic)
            }
        }
    }

    /// Puts a recovered topic into the table.
    func insert(_ topic: Topic) { topics.withLock { $0[topic.name] = topic } }

    /// The topic of that name, if there is one.
    package func existingTopic(_ name: TopicName) -> Topic? {
        topics.withLock { $0[name] }
    }

    /// All topics, by name.
    var all: [Topic] {
        topics.withLock { Array($0.values) }.sorted { $0.name < $1.name }
    }

    /// Deletes a topic with its channels and files.
    ///
    /// Blocking; off the event loops.
    ///
    /// - Throws: `.topicNotFound`, `.storage`.
    package func deleteTopic(_ name: TopicName) throws(BrokerError) {
        guard let topic = existingTopic(name) else { throw .topicNotFound }
        try deleteTopic(topic)
    }

    private func deleteTopic(_ topic: Topic) throws(BrokerError) {
        let name = topic.name
        let isThere = topics.withLock { topics in
            guard topics[name] === topic else { return false }
            topics[name] = nil
            return true
        }
        guard isThere else { throw .topicNotFound }
        let channels = topic.state.withLock { $0.channels.map(\.name.text) }
        shared.report(.topicDeleting(name.text, channels: channels))
        topic.close()
        do throws(DiskQueueError) {
            if name.isEphemeral {
                try topic.log.delete()
            } else {
                try shared.store.deleteTopic(topic.log)
            }
        } catch {
            throw .storage(error.message)
        }
    }

    /// What is counted of the topics, by name.
    ///
    /// `topic`: only the topic of that name.
    /// `channel`: only the channel of that name, and topics that have it.
    package func statistics(topic: String?, channel: String?) -> [TopicStatistics] {
        all.filter { topic == nil || $0.name.text == topic }
            .compactMap { $0.statistics(channel: channel) }
    }

    /// Looks at everything that has something due; for tests, which move the clock themselves.
    package func processDue() { shared.deadlines.processDue() }

    /// Ends the broker: publishes are refused, consumers' connections closed, every delivery state
    /// and all data made durable.
    ///
    /// Blocking; off the event loops.
    package func shutDown() {
        shared.beginExit()
        for topic in all {
            shared.report(.topicClosing(topic.name.text))
            topic.close()
            guard !topic.name.isEphemeral else { continue }
            if let segment = topic.log.lastSegment { shared.store.record(.segmentSealed(segment)) }
            let channels = topic.state.withLock { $0.channels }
            for channel in channels {
                if let state = channel.noteInFlight() {
                    shared.store.record(channel.checkpointRecord(state, shared: shared))
                }
            }
        }
        shared.background?.finish()
        var isDurable = true
        for topic in all where !topic.name.isEphemeral {
            do throws(DiskQueueError) {
                for channel in topic.state.withLock({ $0.channels }) {
                    try channel.ledger?.flush()
                    try channel.ledger?.synchronize()
                }
                try topic.log.synchronize()
            } catch {
                isDurable = false
                shared.report(.failed("topic \(topic.name): \(error.message)"))
            }
            topic.log.close()
        }
        shared.store.close()
        guard isDurable else { return }
        do {
            try closed.withLock { $0 }?()
        } catch {
            shared.report(.failed("cannot mark the store as closed: \(error)"))
        }
    }

    /// Has `body` called at the end of ``shutDown()``, if everything is durable then.
    package func onClosed(_ body: @escaping @Sendable () throws -> Void) {
        closed.withLock { $0 = body }
    }
}

extension Channel {
    /// The row of the state as it was at a clean stop; the ledger as it stands continues it.
    fileprivate func checkpointRecord(
        _ state: ChannelState,
        shared: BrokerShared
    ) -> MetadataChange {
        .checkpointTaken(
            CheckpointRecord(
                topicID: log.topicID,
                channelID: id,
                generation: ledger?.generation ?? 0,
                ackFloor: state.ackFloor,
                state: state.encoded(),
                takenMilliseconds: Int64(clamping: shared.wallMilliseconds)
            )
        )
    }
}
