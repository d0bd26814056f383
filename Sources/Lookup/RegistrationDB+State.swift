import NSQCore

extension RegistrationDB.State {
    /// What registering would add: names to those that are known, and registrations to those of `producer`.
    func news(
        of producer: RegisteredProducer?,
        _ topic: TopicName,
        _ channel: ChannelName?
    ) -> (names: Int, registrations: Int) {
        let entry = topics[topic]
        var (names, registrations) = (0, 0)
        if entry?.isListed != true { names += 1 }
        if let producer, entry?.producers.entry(of: producer) == nil { registrations += 1 }
        if let channel {
            let known = entry?.channels[channel]
            if known == nil { names += 1 }
            if let producer, known?.entry(of: producer) == nil { registrations += 1 }
        }
        return (names, registrations)
    }

    /// Adds `producer` to a topic, and first to a channel of it.
    mutating func register(
        _ producer: RegisteredProducer,
        _ topic: TopicName,
        _ channel: ChannelName?
    ) -> [Registration] {
        var added: [Registration] = []
        change(topic) { entry in
            if let channel, entry.channels[channel, default: ProducerSet()].insert(producer) {
                added.append(.channel(topic, channel))
            }
            entry.isListed = true
            if entry.producers.insert(producer) { added.append(.topic(topic)) }
        }
        members[producer.ordinal]?.topics.insert(topic)
        count(producer, added.count)
        return added
    }

    /// Removes `producer` from a channel, or from a topic and all its channels.
    ///
    /// An ephemeral name goes when nobody is left; but of a topic's channels none goes with the topic.
    mutating func unregister(
        _ producer: RegisteredProducer,
        _ topic: TopicName,
        _ channel: ChannelName?
    ) -> [Registration] {
        guard topics[topic] != nil else { return [] }
        var removed: [Registration] = []
        change(topic) { entry in
            if let channel {
                if entry.channels[channel]?.remove(producer) == true {
                    removed.append(.channel(topic, channel))
                }
                if channel.isEphemeral, entry.channels[channel]?.isEmpty == true {
                    entry.channels[channel] = nil
                }
                return
            }
            for name in entry.channels.keys.sorted()
            where entry.channels[name]?.remove(producer) == true {
                removed.append(.channel(topic, name))
            }
            if entry.producers.remove(producer) { removed.append(.topic(topic)) }
            if topic.isEphemeral, entry.producers.isEmpty { entry.isListed = false }
        }
        if channel == nil { members[producer.ordinal]?.topics.remove(topic) }
        count(producer, -removed.count)
        return removed
    }

    /// Removes `producer` from everything, and ephemeral names that nobody has any more.
    mutating func forget(_ producer: RegisteredProducer) {
        guard let member = members.removeValue(forKey: producer.ordinal) else { return }
        version += 1
        for topic in member.topics {
            change(topic) { entry in
                // A copy of the names: the sets of producers are changed in place only while nobody else has them.
                for name in Array(entry.channels.keys) {
                    guard entry.channels[name]?.remove(producer) == true else { continue }
                    // The channels of an ephemeral topic have nothing to come back to.
                    if name.isEphemeral || topic.isEphemeral, entry.channels[name]?.isEmpty == true
                    {
                        entry.channels[name] = nil
                    }
                }
                _ = entry.producers.remove(producer)
                if topic.isEphemeral, entry.producers.isEmpty { entry.isListed = false }
            }
        }
    }

    /// `producer` is shown again: its topics' answers differ.
    mutating func comeBack(_ producer: RegisteredProducer) {
        for topic in members[producer.ordinal]?.topics ?? [] { change(topic) { _ in } }
    }

    /// `producer` leaves a topic whose entry goes.
    mutating func leave(_ producer: RegisteredProducer, _ topic: TopicName, _ entry: TopicEntry) {
        members[producer.ordinal]?.topics.remove(topic)
        let channelCount = entry.channels.values.count { $0.entry(of: producer) != nil }
        count(producer, -1 - channelCount)
    }

    /// Counts what a producer registers or takes back.
    mutating func count(_ producer: RegisteredProducer, _ change: Int) {
        members[producer.ordinal]?.registrationCount += change
    }

    /// Changes the entry of a topic, which is made for it and goes when nothing is left of it.
    mutating func change(_ topic: TopicName, _ body: (inout TopicEntry) -> Void) {
        version += 1
        let before = topics[topic]?.nameCount ?? 0
        body(&topics[topic, default: TopicEntry()])
        topics[topic]?.version = version
        guard let entry = topics[topic] else { return }
        nameCount += entry.nameCount - before
        if entry.isEmpty { topics[topic] = nil }
    }
}
