package import NSQCore
import Synchronization

/// Who has which topics and channels: all that nsqlookupd knows.
///
/// Nothing expires by itself: whether a producer is active and a tombstone holds is judged by whoever asks. Safe to
/// use from any thread; one lock, held for the time of one change or for taking a copy of what is asked for.
/// Source: `nsqlookupd` spec 5.
package final class RegistrationDB: Sendable {
    /// The limits that hold.
    package let limits: LookupLimits

    private let time: any TimeSource
    let state: Mutex<State>

    /// What is registered.
    struct State {
        var topics: [TopicName: TopicEntry] = [:]
        var members: [UInt64: Member] = [:]
        var nameCount = 0
        var lastOrdinal: UInt64 = 0
        /// Counts changes of what a restart should remember.
        var version: UInt64 = 0
    }

    /// A producer with the topics whose entries name it.
    struct Member {
        let producer: RegisteredProducer
        var topics: Set<TopicName> = []
        var registrationCount = 0
    }

    /// Nothing is registered.
    package init(limits: LookupLimits, time: any TimeSource) {
        self.limits = limits
        self.time = time
        state = Mutex(State())
    }

    /// The monotonic clock by which producers and tombstones are judged, nanoseconds.
    package var now: Int64 { time.monotonicNanoseconds }

    // MARK: - Producers

    /// An nsqd introduced itself.
    ///
    /// Whoever is remembered under the same address is forgotten: this is it.
    package func add(
        _ identity: ProducerIdentity,
        remoteAddress: String,
        shown: [UInt8]
    ) -> RegisteredProducer {
        insert(identity, remoteAddress: remoteAddress, shown: shown, isRemembered: false, at: now)
    }

    /// A producer that was known before a restart, heard last `age` nanoseconds ago.
    func remember(
        _ identity: ProducerIdentity,
        remoteAddress: String,
        shown: [UInt8],
        age: Int64
    ) -> RegisteredProducer {
        let heard = now.subtractingReportingOverflow(max(0, age)).partialValue
        return insert(
            identity,
            remoteAddress: remoteAddress,
            shown: shown,
            isRemembered: true,
            at: heard
        )
    }

    private func insert(
        _ identity: ProducerIdentity,
        remoteAddress: String,
        shown: [UInt8],
        isRemembered: Bool,
        at heard: Int64
    ) -> RegisteredProducer {
        state.withLock { state in
            state.lastOrdinal += 1
            state.version += 1
            let producer = RegisteredProducer(
                identity,
                remoteAddress: remoteAddress,
                shown: shown,
                ordinal: state.lastOrdinal,
                isRemembered: isRemembered,
                at: heard
            )
            if !isRemembered {
                let ghosts = state.members.values.map(\.producer)
                    .filter { $0.isRemembered && $0.isSameNode(as: producer) }
                for ghost in ghosts { state.forget(ghost) }
            }
            state.members[producer.ordinal] = Member(producer: producer)
            return producer
        }
    }

    /// `producer` was heard.
    ///
    /// - Returns: Nanoseconds since it was heard before.
    @discardableResult
    package func touch(_ producer: RegisteredProducer) -> Int64 {
        let now = now
        let silence = now &- producer.lastUpdate
        producer.touch(at: now)
        // Whoever was hidden is shown again: what was answered before does not hold any more.
        if silence > limits.inactiveProducerTimeout { state.withLock { $0.comeBack(producer) } }
        return silence
    }

    /// The connection of `producer` ended: it is removed from everything.
    ///
    /// The names stay, but for ephemeral ones that nobody has any more (`nsqlookupd` spec Q5).
    package func remove(_ producer: RegisteredProducer) {
        state.withLock { $0.forget(producer) }
    }

    /// Removes those that were only remembered and have not come back in time.
    package func forgetTheMissing() {
        let now = now
        state.withLock { state in
            let missing = state.members.values.map(\.producer).filter { producer in
                producer.isRemembered
                    && now &- producer.lastUpdate > limits.inactiveProducerTimeout
            }
            for producer in missing { state.forget(producer) }
        }
    }

    // MARK: - Registrations

    /// Registers a topic, or a channel and its topic.
    ///
    /// Idempotent; a tombstone stays.
    ///
    /// - Returns: What was not registered before.
    /// - Throws: `.tooManyOfProducer`, `.tooManyNames`; nothing was registered then.
    package func register(
        _ producer: RegisteredProducer,
        _ topic: TopicName,
        _ channel: ChannelName?
    ) throws(LookupError) -> [Registration] {
        try state.withLock { (state) throws(LookupError) in
            guard let count = state.members[producer.ordinal]?.registrationCount else { return [] }
            let news = state.news(of: producer, topic, channel)
            guard count + news.registrations <= limits.maximumProducerRegistrations else {
                throw .tooManyOfProducer
            }
            guard state.nameCount + news.names <= limits.maximumNames else { throw .tooManyNames }
            return state.register(producer, topic, channel)
        }
    }

    /// Takes a registration back: the channel's, or the topic's with those of all its channels.
    ///
    /// - Returns: What was registered.
    package func unregister(
        _ producer: RegisteredProducer,
        _ topic: TopicName,
        _ channel: ChannelName?
    ) -> [Registration] {
        state.withLock { $0.unregister(producer, topic, channel) }
    }

    // MARK: - Administration

    /// Lists a topic, with or without producers.
    ///
    /// - Throws: `.tooManyNames`.
    package func createTopic(_ topic: TopicName) throws(LookupError) {
        try create(topic, nil)
    }

    /// Lists a channel and its topic, with or without producers.
    ///
    /// - Throws: `.tooManyNames`.
    package func createChannel(_ topic: TopicName, _ channel: ChannelName) throws(LookupError) {
        try create(topic, channel)
    }

    func create(_ topic: TopicName, _ channel: ChannelName?) throws(LookupError) {
        try state.withLock { (state) throws(LookupError) in
            let news = state.news(of: nil, topic, channel)
            guard state.nameCount + news.names <= limits.maximumNames else { throw .tooManyNames }
            state.change(topic) { entry in
                entry.isListed = true
                if let channel, entry.channels[channel] == nil {
                    entry.channels[channel] = ProducerSet()
                }
            }
        }
    }

    /// Forgets a topic with its channels and all their producers; an unknown one is no error.
    package func deleteTopic(_ topic: TopicName) {
        state.withLock { state in
            guard let entry = state.topics[topic] else { return }
            for known in entry.producers.entries { state.leave(known.producer, topic, entry) }
            state.change(topic) { $0 = TopicEntry() }
        }
    }

    /// Forgets a channel.
    ///
    /// - Throws: `.channelNotFound`.
    package func deleteChannel(_ topic: TopicName, _ channel: ChannelName) throws(LookupError) {
        try state.withLock { (state) throws(LookupError) in
            guard let producers = state.topics[topic]?.channels[channel] else {
                throw .channelNotFound
            }
            for known in producers.entries { state.count(known.producer, -1) }
            state.change(topic) { $0.channels[channel] = nil }
        }
    }

    /// Hides a node from the lookups of a topic for the tombstone's lifetime.
    package func tombstone(_ topic: TopicName, _ node: NodeAddress) {
        let now = now
        state.withLock { state in
            state.change(topic) { $0.producers.tombstone(node, at: now) }
        }
    }
}
