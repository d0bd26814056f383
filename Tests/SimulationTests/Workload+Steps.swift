import Broker
import DiskQueueTesting
import NSQCore

/// The steps of a workload.
extension Workload {
    private static let topicNames = ["a", "b", "c"]
    private static let channelNames = ["x", "y", "z"]

    /// Takes `count` random steps.
    ///
    /// `mayFail`: a disk that fails may end the process earlier.
    func run(_ count: Int, mayFail: Bool = false) throws {
        do {
            for _ in 0..<count { try step() }
        } catch {
            guard mayFail, !(error is Violation) else { throw error }
            refuse(error)
        }
    }

    /// Takes one random step.
    func step() throws {
        guard let target = randomTopic() else { return }
        switch random.below(100) {
        case 0..<34: publish(to: target)
        case 34..<62: settle(in: target)
        case 62..<70: flush(in: target)
        case 70..<74: pass(.milliseconds([100, 1_500, 4_000, 20_000][random.below(4)]))
        case 74..<79: makeChannel(of: target)
        case 79..<84: pause(target)
        case 84..<86: empty(target)
        case 86..<88: removeChannel(of: target)
        case 88: removeTopic(target)
        case 89..<92: synchronize(target)
        case 92..<95: topic(promises.topics[target]?.name ?? "")?.collectSegments()
        case 95..<97: commitMetadata()
        case 97..<99: try restart(isClean: false)
        default: try restart(isClean: true)
        }
    }

    /// A topic to work on, made when there is none of that name.
    private func randomTopic() -> Int? {
        let name = Self.topicNames[random.below(random.below(4) == 0 ? 3 : 2)]
        let known = promises.topics.first(where: { $0.value.name == name })?.key
        if let known, topic(name) != nil { return known }
        guard let legal = TopicName(name) else { return nil }
        // A deletion or a creation that failed left it open whether there is one.
        let number = known ?? Int(number())
        note(.creating(topic: number, name: name))
        do {
            _ = try broker.topic(legal)
            note(.created(topic: number))
            return number
        } catch {
            refuse(error)
            note(.deleting(topic: number))
            return nil
        }
    }

    private func randomChannel(of topic: Int) -> ChannelNumber? {
        let members = promises.topics[topic]?.present.members.keys.sorted() ?? []
        guard !members.isEmpty else { return nil }
        return ChannelNumber(topic: topic, channel: members[random.below(members.count)])
    }

    private func engineTopic(_ number: Int) -> Topic? {
        promises.topics[number].flatMap { topic($0.name) }
    }

    private func engineChannel(_ number: ChannelNumber) -> Channel? {
        let name = promises.topics[number.topic]?.channels[number.channel]?.name
        return name.flatMap { engineTopic(number.topic)?.existingChannel(named: $0) }
    }

    // MARK: - Messages

    private func publish(to number: Int) {
        guard let topic = engineTopic(number) else { return }
        let count = random.below(3) == 0 ? 1 + random.below(8) : 1
        let keys = (0..<count).map { _ in self.number() }
        let delay = random.below(6) == 0 ? Int64(1 + random.below(8_000)) : 0
        note(
            .publishing(
                topic: number,
                keys: keys,
                due: delay == 0 ? 0 : promises.now + UInt64(delay)
            )
        )
        do {
            let ticket = try topic.publish(
                keys.map { MessageBody.bytes(of: $0) },
                delay * 1_000_000
            )
            note(.published(topic: number, keys: keys))
            guard let ticket, random.below(10) < 7 else { return }
            awaitCommit(ticket, number)
        } catch {
            refuse(error)
        }
    }

    private func awaitCommit(_ ticket: CommitTicket, _ number: Int) {
        let outcome = Outcome()
        ticket.whenDurable { outcome.set($0) }
        if let error = outcome.error {
            refuse(error)
        } else {
            note(.synchronized(topic: number))
        }
    }

    private func settle(in topic: Int) {
        guard let number = randomChannel(of: topic), let consumer = consumer(of: number) else {
            return
        }
        do {
            try receive(number, consumer)
            try answer(number, consumer)
        } catch {
            refuse(error)
        }
    }

    private func receive(_ number: ChannelNumber, _ consumer: SimulatedConsumer) throws {
        for message in try consumer.take(1 + random.below(6), at: time.monotonicNanoseconds) {
            guard let key = message.key else { throw Violation("wrong bytes") }
            let channel = promises.topics[number.topic]?.channels[number.channel]
            if channel?.messages[key] == nil {
                throw Violation("message \(key) has no business here")
            }
            note(.received(number, key: key))
        }
    }

    private func answer(_ number: ChannelNumber, _ consumer: SimulatedConsumer) throws {
        let held = consumer.held
        switch random.below(8) {
        case 0..<5:
            let some = held.filter { _ in random.below(4) > 0 }
            note(.finishing(number, keys: some.compactMap(\.key)))
            try consumer.finish(some)
        case 5:
            if let one = held.first { try consumer.requeue(one, delay: 0) }
        case 6:
            guard let one = held.last, let key = one.key else { return }
            let delay = Int64(1 + random.below(9_000))
            try consumer.requeue(one, delay: delay * 1_000_000)
            note(.deferring(number, key: key, due: promises.now + UInt64(delay)))
        default: break
        }
    }

    // MARK: - Work of the background

    private func flush(in topic: Int) {
        guard let number = randomChannel(of: topic), let channel = engineChannel(number) else {
            return
        }
        do {
            switch random.below(5) {
            case 0:
                try channel.checkpointLedger()
                note(.checkpointed(number))
            case 1, 2:
                try channel.flushLedger()
                note(.flushed(number))
            default:
                try channel.flushLedger()
                note(.flushed(number))
                try channel.synchronizeLedger()
                note(.ledgerSynchronized(number))
            }
        } catch { refuse(error) }
    }

    private func synchronize(_ number: Int) {
        guard let topic = engineTopic(number) else { return }
        do {
            try topic.synchronize()
            note(.synchronized(topic: number))
        } catch { refuse(error) }
    }

    // MARK: - Topics and channels

    private func change(_ topic: Int, _ change: RosterChange, _ body: () throws -> Void) {
        note(.changing(topic: topic, change))
        do {
            try body()
            note(.changed(topic: topic))
        } catch {
            refuse(error)
            note(.changeFailed(topic: topic))
        }
    }

    private func makeChannel(of number: Int) {
        let isEphemeral = random.below(8) == 0
        let text = isEphemeral ? "tail#ephemeral" : Self.channelNames[random.below(3)]
        guard let topic = engineTopic(number), let name = ChannelName(text),
            topic.existingChannel(name) == nil
        else { return }
        guard !isEphemeral else {
            return change(number, .addEphemeral) { _ = try topic.channel(name) }
        }
        change(number, .add(channel: Int(self.number()), name: text)) {
            _ = try topic.channel(name)
        }
    }

    private func removeChannel(of topic: Int) {
        guard let number = randomChannel(of: topic), let channel = engineChannel(number) else {
            return
        }
        dropConsumers { $0 == number }
        change(topic, .remove(channel: number.channel)) {
            try engineTopic(topic)?.deleteChannel(channel.name)
        }
    }

    private func pause(_ number: Int) {
        guard let topic = engineTopic(number) else { return }
        let isUnpausing = random.below(3) > 0
        if random.below(2) == 0, let one = randomChannel(of: number),
            let channel = engineChannel(one)
        {
            change(number, .pauseChannel(one.channel, !isUnpausing)) {
                isUnpausing ? try channel.unpause() : try channel.pause()
            }
        } else {
            change(number, .pause(!isUnpausing)) {
                isUnpausing ? try topic.unpause() : try topic.pause()
            }
        }
    }

    private func empty(_ number: Int) {
        if random.below(2) == 0, let one = randomChannel(of: number),
            let channel = engineChannel(one)
        {
            note(.emptying(one))
            consumers[one]?.forgetAll()
            do { try channel.empty() } catch { refuse(error) }
        } else if let topic = engineTopic(number) {
            change(number, .empty) { try topic.empty() }
        }
    }

    private func removeTopic(_ number: Int) {
        guard let topic = engineTopic(number) else { return }
        dropConsumers { $0.topic == number }
        note(.deleting(topic: number))
        do {
            try broker.deleteTopic(topic.name)
            note(.deleted(topic: number))
        } catch { refuse(error) }
    }
}
