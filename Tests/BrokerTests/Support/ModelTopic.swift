/// What a topic should do, said as simply as possible: every message is an entry somewhere.
struct ModelTopic {
    /// One published message.
    struct Message: Hashable {
        var body: String
        /// The delay asked for, in milliseconds; 0 for none.
        var delay: Int
    }

    /// A message that was delivered and not settled.
    struct Delivered {
        var owner: Int
        var deliveredAt: Int
        var deadline: Int
    }

    /// One channel's share.
    struct Channel {
        var isPaused = false
        var waiting: Set<String> = []
        var inFlight: [String: Delivered] = [:]
        /// Due times in milliseconds.
        var deferred: [String: Int] = [:]
        /// Deliveries so far.
        var attempts: [String: Int] = [:]
        /// Deliveries so far that the ledger knows of.
        var notedAttempts: [String: Int] = [:]
        var requeueCount = 0
        var timeoutCount = 0
    }

    var isPaused = false
    var held: [Message] = []
    var channels: [String: Channel] = [:]

    mutating func publish(_ messages: [Message], now: Int) {
        held += messages
        release(now: now)
    }

    mutating func addChannel(_ name: String, now: Int) {
        if channels[name] == nil { channels[name] = Channel() }
        release(now: now)
    }

    mutating func setPaused(_ isPaused: Bool, now: Int) {
        self.isPaused = isPaused
        release(now: now)
    }

    /// Hands what is held to every channel, when it may flow.
    private mutating func release(now: Int) {
        guard !isPaused, !channels.isEmpty else { return }
        for name in channels.keys {
            for message in held {
                if message.delay > 0 {
                    channels[name]?.deferred[message.body] = now + message.delay
                } else {
                    channels[name]?.waiting.insert(message.body)
                }
            }
        }
        held = []
    }

    /// What a checkpoint does.
    mutating func noteAttempts() {
        for (name, channel) in channels { channels[name]?.notedAttempts = channel.attempts }
    }

    /// What a restart does; a killed process forgets deliveries that were not settled.
    mutating func restart(isClean: Bool, now: Int) {
        if isClean { noteAttempts() }
        for name in channels.keys {
            guard var channel = channels[name] else { continue }
            channel.waiting.formUnion(channel.inFlight.keys)
            channel.inFlight = [:]
            if !isClean { channel.attempts = channel.notedAttempts }
            channel.requeueCount = 0
            channel.timeoutCount = 0
            channels[name] = channel
        }
        processDue(now: now)
    }

    mutating func processDue(now: Int) {
        for name in channels.keys { channels[name]?.processDue(now: now) }
    }
}

extension ModelTopic.Channel {
    mutating func processDue(now: Int) {
        for (body, delivered) in inFlight where delivered.deadline <= now {
            inFlight[body] = nil
            waiting.insert(body)
            notedAttempts[body] = attempts[body]
            timeoutCount += 1
        }
        for (body, due) in deferred where due <= now {
            deferred[body] = nil
            waiting.insert(body)
        }
    }

    mutating func deliver(_ body: String, to owner: Int, now: Int, timeout: Int) -> Int? {
        guard waiting.remove(body) != nil else { return nil }
        attempts[body, default: 0] += 1
        inFlight[body] = ModelTopic.Delivered(
            owner: owner,
            deliveredAt: now,
            deadline: now + timeout
        )
        return attempts[body]
    }

    mutating func finish(_ body: String) {
        inFlight[body] = nil
        attempts[body] = nil
        notedAttempts[body] = nil
    }

    mutating func requeue(_ body: String, delay: Int, now: Int) {
        inFlight[body] = nil
        requeueCount += 1
        notedAttempts[body] = attempts[body]
        if delay > 0 { deferred[body] = now + delay } else { waiting.insert(body) }
    }

    mutating func empty() {
        waiting = []
        inFlight = [:]
        deferred = [:]
        attempts = [:]
        notedAttempts = [:]
    }
}
