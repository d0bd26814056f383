import Broker
import DiskQueueTesting
import Testing

/// Random operations on a broker and on the model beside it, compared after each.
final class ModelRun {
    private struct Member {
        let number: Int
        let topic: String
        let channel: String
        let consumer: TestConsumer
        var ready: Int
        var inbox: [String: ReceivedMessage] = [:]
    }

    private static let timeout = 3_000
    private static let longestTimeout = 7_000

    private let test: TestBroker
    private var generator: SeededGenerator
    private var topics: [String: ModelTopic] = [:]
    private var members: [Member] = []
    private var now = 0
    private var published = 0
    private var memberNumber = 0
    /// Ids by topic, in the order of publishing.
    private var ids: [String: [String: UInt64]] = [:]
    private(set) var deliveryCount = 0
    /// What was done, for the report of a failure.
    private(set) var journal: [String] = []

    init(seed: UInt64) throws {
        var limits = BrokerConfiguration()
        limits.maximumMessageTimeout = Duration.milliseconds(Self.longestTimeout).nanoseconds
        test = try TestBroker(segmentBytes: 6000, limits: limits)
        generator = SeededGenerator(seed: seed)
    }

    func run(_ count: Int) throws {
        for _ in 0..<count {
            try step()
            try compare()
        }
        try drain()
    }

    private func chance(_ percent: Int) -> Bool { generator.below(100) < percent }

    private func pick<Element>(_ list: [Element]) -> Element? {
        list.isEmpty ? nil : list[generator.below(list.count)]
    }

    private func step() throws {
        let topic = ["t1", "t2"][generator.below(2)]
        let channel = ["a", "b", "c"][generator.below(3)]
        switch generator.below(100) {
        case 0..<25: try publish(topic)
        case 25..<30: try join(topic, channel)
        case 30..<32: leave()
        case 32..<60: try take()
        case 60..<78: try settle()
        case 78..<86: pass(generator.below(2500))
        case 86..<92: try control(topic, channel)
        case 92..<94: try delete(topic, channel)
        case 94..<96:
            journal.append("checkpoint")
            try test.broker.checkpointLedgers()
            for name in topics.keys { topics[name]?.noteAttempts() }
        default: try restart()
        }
    }

    // MARK: - Operations

    private func publish(_ topic: String) throws {
        let count = chance(10) ? 100 + generator.below(2000) : 1 + generator.below(5)
        let delay = chance(20) ? 1 + generator.below(5000) : 0
        let bodies = (0..<count).map { "\(published + $0)" }
        published += count
        journal.append("publish \(topic) \(bodies[0])+\(count) after \(delay)")
        try test.publish(bodies, to: topic, after: .milliseconds(delay))
        topics[topic, default: ModelTopic()].publish(
            bodies.map { ModelTopic.Message(body: $0, delay: delay) },
            now: now
        )
    }

    private func join(_ topic: String, _ channel: String) throws {
        guard members.count < 6 else { return }
        let ready = [0, 1, 3, 50, 3000][generator.below(5)]
        journal.append("join \(topic) \(channel) ready \(ready)")
        let consumer = try test.consumer(
            channel,
            of: topic,
            ready: ready,
            timeout: .milliseconds(Self.timeout)
        )
        topics[topic, default: ModelTopic()].addChannel(channel, now: now)
        memberNumber += 1
        members.append(
            Member(
                number: memberNumber,
                topic: topic,
                channel: channel,
                consumer: consumer,
                ready: ready
            )
        )
    }

    private func leave() {
        guard !members.isEmpty else { return }
        let member = members.remove(at: generator.below(members.count))
        journal.append("leave \(member.number)")
        member.consumer.leave()
    }

    private func take() throws {
        guard !members.isEmpty else { return }
        let at = generator.below(members.count)
        if chance(20) {
            members[at].ready = [0, 1, 3, 50, 3000][generator.below(5)]
            members[at].consumer.setReady(members[at].ready)
        }
        let member = members[at]
        journal.append("take \(member.number) of \(member.topic) \(member.channel)")
        guard var channel = topics[member.topic]?.channels[member.channel] else {
            Issue.record("a consumer of a channel that is gone")
            return
        }
        let inFlight = channel.inFlight.values.count { $0.owner == member.number }
        let budget = channel.isPaused ? 0 : max(0, member.ready - inFlight)
        let expected = min(budget, channel.waiting.count)
        let taken = try member.consumer.take(byteCount: [40, 300, 5000, 65536][generator.below(4)])
        try #require(taken.count == expected, "\(taken.bodies) taken, \(expected) expected")
        for message in taken {
            let attempts = channel.deliver(
                message.body,
                to: member.number,
                now: now,
                timeout: Self.timeout
            )
            try #require(attempts == Int(message.attempts), "attempts of \(message.body)")
            let known = ids[member.topic]?[message.body]
            try #require(known == nil || known == message.id, "id of \(message.body)")
            ids[member.topic, default: [:]][message.body] = message.id
            members[at].inbox[message.body] = message
        }
        deliveryCount += taken.count
        topics[member.topic]?.channels[member.channel] = channel
    }

    private func settle() throws {
        guard !members.isEmpty else { return }
        let at = generator.below(members.count)
        let member = members[at]
        guard var channel = topics[member.topic]?.channels[member.channel] else { return }
        journal.append("settle \(member.number) of \(member.topic) \(member.channel)")
        let share = [5, 50, 100][generator.below(3)]
        let way = generator.below(4)
        var finished: [ReceivedMessage] = []
        for body in member.inbox.keys.sorted() where chance(share) {
            guard let message = member.inbox[body] else { continue }
            members[at].inbox[body] = nil
            let delivered = channel.inFlight[body]
            guard delivered?.owner == member.number else {
                let reason: BrokerError = delivered == nil ? .notInFlight : .notOwner
                try #require(member.consumer.finish([message]) == [0: reason], "late \(body)")
                continue
            }
            switch way {
            case 0, 1:
                finished.append(message)
                channel.finish(body)
            case 2:
                let delay = chance(50) ? 0 : 1 + generator.below(4000)
                try member.consumer.requeue(message, after: .milliseconds(delay))
                channel.requeue(body, delay: delay, now: now)
            default:
                try member.consumer.touch(message)
                members[at].inbox[body] = message
                channel.inFlight[body]?.deadline = min(
                    now + Self.timeout,
                    (delivered?.deliveredAt ?? 0) + Self.longestTimeout
                )
            }
        }
        try #require(member.consumer.finish(finished).isEmpty)
        topics[member.topic]?.channels[member.channel] = channel
    }

    private func pass(_ milliseconds: Int) {
        journal.append("pass \(milliseconds)")
        now += milliseconds
        test.pass(.milliseconds(milliseconds))
        for name in topics.keys { topics[name]?.processDue(now: now) }
    }

    private func control(_ topic: String, _ channel: String) throws {
        guard var model = topics[topic] else { return }
        let way = generator.below(8)
        journal.append("control \(way) \(topic) \(channel)")
        switch way {
        case 0:
            try test.topic(topic).pause()
            model.setPaused(true, now: now)
        case 1, 2:
            try test.topic(topic).unpause()
            model.setPaused(false, now: now)
        case 3:
            try test.topic(topic).empty()
            model.held = []
        default:
            guard model.channels[channel] != nil else { return }
            if way == 4 {
                try test.channel(channel, of: topic).empty()
                model.channels[channel]?.empty()
            } else {
                if way == 5 {
                    try test.channel(channel, of: topic).pause()
                } else {
                    try test.channel(channel, of: topic).unpause()
                }
                model.channels[channel]?.isPaused = way == 5
            }
        }
        topics[topic] = model
    }

    private func delete(_ topic: String, _ channel: String) throws {
        journal.append("delete \(topic) \(channel)")
        if chance(25) {
            guard topics[topic] != nil else { return }
            try test.deleteTopic(topic)
            topics[topic] = nil
            ids[topic] = nil
            members.removeAll { $0.topic == topic }
            // Ids rise with the time at which the topic is made again.
            pass(1)
        } else {
            guard topics[topic]?.channels[channel] != nil else { return }
            try test.deleteChannel(channel, of: topic)
            topics[topic]?.channels[channel] = nil
            members.removeAll { $0.topic == topic && $0.channel == channel }
        }
    }

    private func restart() throws {
        let end: TestBroker.End = [.clean, .killed, .lostPower][generator.below(3)]
        journal.append("restart after \(end)")
        members = []
        try test.restart(after: end)
        for name in topics.keys { topics[name]?.restart(isClean: end == .clean, now: now) }
    }

    // MARK: - Comparison

    private func compare() throws {
        let found = test.broker.statistics(topic: nil, channel: nil)
        try #require(found.map(\.name) == topics.keys.sorted())
        for topic in found {
            guard let model = topics[topic.name] else { continue }
            try #require(topic.depth == Int64(model.held.count), "depth of \(topic.name)")
            try #require(topic.isPaused == model.isPaused)
            try #require(topic.channels.map(\.name) == model.channels.keys.sorted())
            for channel in topic.channels {
                guard let wanted = model.channels[channel.name] else { continue }
                try #require(
                    [channel.depth, channel.inFlightCount, channel.deferredCount] == [
                        Int64(wanted.waiting.count), Int64(wanted.inFlight.count),
                        Int64(wanted.deferred.count),
                    ],
                    "\(topic.name) \(channel.name)"
                )
                try #require(channel.isPaused == wanted.isPaused)
                try #require(channel.requeueCount == UInt64(wanted.requeueCount))
                try #require(channel.timeoutCount == UInt64(wanted.timeoutCount))
            }
        }
    }

    /// Delivers and finishes all that is left: nothing may be missing.
    private func drain() throws {
        for member in members { member.consumer.leave() }
        members = []
        for name in topics.keys.sorted() {
            try test.topic(name).unpause()
            topics[name]?.setPaused(false, now: now)
            for channel in (topics[name]?.channels.keys.sorted() ?? []) {
                try test.channel(channel, of: name).unpause()
                topics[name]?.channels[channel]?.isPaused = false
            }
        }
        pass(20_000)
        for name in topics.keys.sorted() {
            for (channel, wanted) in topics[name]?.channels ?? [:] {
                let consumer = try test.consumer(channel, of: name)
                let taken = try consumer.take()
                try #require(Set(taken.bodies) == wanted.waiting)
                try #require(taken.count == wanted.waiting.count)
                try #require(consumer.finish(taken).isEmpty)
                consumer.leave()
                topics[name]?.channels[channel]?.empty()
            }
            let rising = (ids[name] ?? [:]).sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
            try #require(zip(rising, rising.dropFirst()).allSatisfy { $0.value < $1.value })
        }
        try compare()
        try test.restart(after: .killed)
        for name in topics.keys { topics[name]?.restart(isClean: false, now: now) }
        try compare()
        let files = try test.segmentFiles()
        try #require(files.count <= 4, "\(files)")
    }
}
