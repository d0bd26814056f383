import DiskQueueTesting

/// All that the engine has promised so far, for one kind of crash.
struct Promises {
    /// The kind of crash that the promises are to outlive.
    let model: CrashModel
    /// The topics by incarnation; deleted ones are gone.
    var topics: [Int: TopicPromises] = [:]
    /// The wall clock, milliseconds.
    var now: UInt64 = 0

    /// Nothing is promised yet.
    init(_ model: CrashModel) { self.model = model }

    private var isProcessDeath: Bool { model == .processDeath }

    /// Notes what happened.
    mutating func apply(_ event: Event) {
        switch event {
        case .clock(let milliseconds): now = milliseconds
        case .creating(let topic, let name):
            let mayBeOlder = topics[topic] != nil
            topics[topic] = TopicPromises(name: name)
            topics[topic]?.mayBeOlder = mayBeOlder
        case .created(let topic): if isProcessDeath { topics[topic]?.settle() }
        case .deleting(let topic): topics[topic]?.isDeleting = true
        case .deleted(let topic): topics[topic] = nil
        case .changing(let topic, let change): topics[topic]?.change(change)
        case .changed(let topic): if isProcessDeath { topics[topic]?.settleRoster() }
        case .changeFailed(let topic):
            guard let views = topics[topic]?.views, views.count > 1 else { return }
            topics[topic]?.views.append(views[views.count - 2])
        case .publishing(let topic, let keys, let due): topics[topic]?.publish(keys, due: due)
        case .published(let topic, let keys):
            topics[topic]?.written.formUnion(keys)
            if isProcessDeath { topics[topic]?.settle() }
        case .synchronized(let topic): topics[topic]?.settle()
        case .restarted(let found): adopt(found, keepsDoubt: !isProcessDeath)
        default: applyToChannel(event)
        }
    }

    private mutating func applyToChannel(_ event: Event) {
        let settles = isProcessDeath
        switch event {
        case .finishing(let number, let keys):
            for key in keys { topics[number.topic]?.backlog[key]?.isDone = true }
            self[number]?.finish(keys)
        case .emptying(let number):
            let keys = topics[number.topic]?.passed(number.channel) ?? []
            for key in keys { topics[number.topic]?.backlog[key]?.isDone = true }
            self[number]?.finish(keys)
        case .received(let number, let key): self[number]?.forgetDelay(of: key)
        case .deferring(let number, let key, let due):
            self[number]?.forgetDelay(of: key)
            self[number]?.notedDelays[key] = due
        case .flushed(let number): self[number]?.flush(settles: settles)
        case .ledgerSynchronized(let number): settleLedger(of: number)
        case .checkpointed(let number):
            self[number]?.flush(settles: settles)
            settleLedger(of: number)
        default: break
        }
    }

    private mutating func settleLedger(of number: ChannelNumber) {
        let isSettled = topics[number.topic]?.views.count == 1
        self[number]?.settleLedger(isRosterSettled: isSettled)
    }

    private subscript(number: ChannelNumber) -> ChannelPromises? {
        get { topics[number.topic]?.channels[number.channel] }
        set {
            guard let newValue else { return }
            topics[number.topic]?.channels[number.channel] = newValue
        }
    }

    /// Takes what a recovered store was found to hold for the truth.
    ///
    /// `keepsDoubt`: what is missing may still come back: what finished it is written, not durable.
    mutating func adopt(_ found: Observation, keepsDoubt: Bool) {
        for (number, topic) in topics {
            guard let seen = found.topics[topic.name],
                let view = topic.views.last(where: { $0.shows(seen, in: topic) })
            else {
                topics[number] = nil
                continue
            }
            var adopted = topic
            adopted.mustExist = true
            adopted.isDeleting = false
            adopted.written = []
            adopted.views = [view]
            adopted.views[0].held = seen.backlog?.keys
            adopted.views[0].hasEphemeral = false
            adopted.channels = topic.channels.filter { view.members[$0.key] != nil }
            for (channel, promises) in adopted.channels {
                guard let seen = seen.channels[promises.name] else { continue }
                adopted.channels[channel] = Self.adopt(promises, seen, keepsDoubt: keepsDoubt)
            }
            adopted.backlog = [:]
            for key in seen.backlog?.keys ?? [] {
                adopted.backlog[key] = MessagePromise(isSettled: true)
            }
            topics[number] = adopted
        }
    }

    private static func adopt(
        _ promises: ChannelPromises,
        _ seen: Observation.SeenChannel,
        keepsDoubt: Bool
    ) -> ChannelPromises {
        var adopted = ChannelPromises(name: promises.name)
        if keepsDoubt {
            adopted.messages = promises.messages
            for key in adopted.messages.keys { adopted.messages[key]?.isDone = true }
        }
        for key in seen.keys {
            let notBefore = seen.early.contains(key) ? 0 : promises.messages[key]?.notBefore
            adopted.messages[key] = MessagePromise(isSettled: true, notBefore: notBefore ?? 0)
        }
        return adopted
    }
}

extension TopicPromises.View {
    /// Whether a topic that was found has these channels and pause states.
    func shows(_ seen: Observation.SeenTopic, in topic: TopicPromises) -> Bool {
        guard isPaused == seen.isPaused, members.count == seen.channels.count else { return false }
        return members.allSatisfy { channel, isPaused in
            topic.channels[channel].flatMap { seen.channels[$0.name] }?.isPaused == isPaused
        }
    }
}
