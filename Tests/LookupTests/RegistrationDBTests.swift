import DiskQueueTesting
import Lookup
import NSQCore
import Testing

/// Who is told of whom.
@Suite("Registrations")
struct RegistrationDBTests {
    private let time = ManualTime()
    private let db: RegistrationDB

    init() { db = RegistrationDB(limits: LookupLimits(), time: time) }

    // MARK: - Lookup

    @Test func producersAndChannelsComeInOrder() throws {
        for host in ["c", "a", "b"] {
            let producer = add(host)
            _ = try db.register(producer, topic("t"), channel(host + host))
        }
        let view = try #require(db.lookup(topic("t")))

        #expect(view.producers.map(\.identity.broadcastAddress) == ["a", "b", "c"])
        #expect(view.channels.map(\.text) == ["aa", "bb", "cc"])
        #expect(db.lookup(topic("unknown")) == nil)
    }

    @Test func registeringAgainChangesNothing() throws {
        let producer = add("a")

        #expect(try db.register(producer, topic("t"), channel("c")).count == 2)
        #expect(try db.register(producer, topic("t"), channel("c")).isEmpty)
        #expect(db.counts().registrations == 2)
    }

    @Test func whoConnectsTwiceIsOneProducerAndTwoNodes() throws {
        let old = add("a", remote: "10.0.0.1:1")
        let new = add("a", remote: "10.0.0.1:2")
        _ = try db.register(old, topic("t"), nil)
        _ = try db.register(new, topic("t"), nil)

        #expect(db.lookup(topic("t"))?.producers.map(\.remoteAddress) == ["10.0.0.1:2"])
        #expect(db.nodes().count == 2)

        db.remove(new)
        #expect(db.lookup(topic("t"))?.producers.map(\.remoteAddress) == ["10.0.0.1:1"])
    }

    @Test func aSilentProducerIsHiddenUntilItIsHeardAgain() throws {
        let producer = add("a")
        _ = try db.register(producer, topic("t"), nil)
        time.advance(by: .seconds(300))
        #expect(db.lookup(topic("t"))?.producers.count == 1)
        time.advance(by: .nanoseconds(1))

        #expect(db.lookup(topic("t"))?.producers.isEmpty == true)
        #expect(db.nodes().isEmpty)

        #expect(db.touch(producer) == 300_000_000_001)
        #expect(db.lookup(topic("t"))?.producers.count == 1)
        #expect(db.nodes().count == 1)
    }

    @Test func anAnswerHoldsUntilItsVersionChangesOrItsTimeIsOver() throws {
        let (one, other) = (add("a"), add("b"))
        for producer in [one, other] { _ = try db.register(producer, topic("t"), nil) }
        time.advance(by: .seconds(10))
        db.touch(other)
        let view = try #require(db.lookup(topic("t")))
        #expect(view.version == db.version(of: topic("t")))
        #expect(view.validUntil - db.now == 290_000_000_000)

        db.tombstone(topic("t"), NodeAddress("a:4151"))
        let hidden = try #require(db.lookup(topic("t")))
        #expect(hidden.version != view.version)
        #expect(hidden.validUntil - db.now == 45_000_000_000)

        _ = try db.register(one, topic("u"), nil)
        #expect(db.version(of: topic("t")) == hidden.version)

        time.advance(by: .seconds(400))
        db.touch(one)
        #expect(db.version(of: topic("t")) != hidden.version)
        #expect(db.version(of: topic("unknown")) == nil)
    }

    // MARK: - Taking back

    @Test func takingATopicBackTakesItsChannelsBackToo() throws {
        let (one, other) = (add("a"), add("b"))
        for producer in [one, other] {
            _ = try db.register(producer, topic("t"), channel("x"))
            _ = try db.register(producer, topic("t"), channel("y#ephemeral"))
        }
        let removed = db.unregister(one, topic("t"), nil)

        #expect(
            removed == [
                .channel(topic("t"), channel("x")), .channel(topic("t"), channel("y#ephemeral")),
                .topic(topic("t")),
            ]
        )
        #expect(db.lookup(topic("t"))?.producers.map(\.identity.broadcastAddress) == ["b"])
        #expect(db.unregister(one, topic("t"), nil).isEmpty)
        #expect(db.counts().registrations == 3)
    }

    @Test func namesStayWhenTheLastProducerGoesButForEphemeralOnes() throws {
        let producer = add("a")
        _ = try db.register(producer, topic("t"), channel("x"))
        _ = try db.register(producer, topic("t"), channel("y#ephemeral"))
        _ = try db.register(producer, topic("e#ephemeral"), channel("z#ephemeral"))

        db.remove(producer)

        #expect(db.topicNames().map(\.text) == ["t"])
        #expect(db.channelNames(of: topic("t")).map(\.text) == ["x"])
        #expect(db.channelNames(of: topic("e#ephemeral")).isEmpty)
        #expect(db.registrations().isEmpty)
        #expect(db.counts().registrations == 0)
    }

    @Test func anEphemeralChannelStaysWhileSomebodyHasIt() throws {
        let (one, other) = (add("a"), add("b"))
        for producer in [one, other] {
            _ = try db.register(producer, topic("t"), channel("y#ephemeral"))
        }
        _ = db.unregister(one, topic("t"), channel("y#ephemeral"))
        #expect(db.channelNames(of: topic("t")).map(\.text) == ["y#ephemeral"])

        db.remove(other)
        #expect(db.channelNames(of: topic("t")).isEmpty)
    }

    // MARK: - Tombstones

    @Test(arguments: ["::1:4151", "[::1]:4151"])
    func aTombstoneHidesANodeOfOneTopicForItsLifetime(node: String) throws {
        let producer = add("::1")
        _ = try db.register(producer, topic("t"), nil)
        _ = try db.register(producer, topic("u"), nil)

        db.tombstone(topic("t"), NodeAddress(node))

        #expect(db.lookup(topic("t"))?.producers.isEmpty == true)
        #expect(db.lookup(topic("u"))?.producers.count == 1)
        #expect(db.nodes().first?.topics.map(\.isTombstoned) == [true, false])
        _ = try db.register(producer, topic("t"), nil)
        #expect(db.lookup(topic("t"))?.producers.isEmpty == true)

        time.advance(by: .seconds(45))
        #expect(db.lookup(topic("t"))?.producers.count == 1)
        #expect(db.nodes().first?.topics.map(\.isTombstoned) == [false, false])
    }

    @Test func registeringAnewEndsATombstone() throws {
        let producer = add("a")
        _ = try db.register(producer, topic("t"), nil)
        db.tombstone(topic("t"), NodeAddress("a:4151"))
        _ = db.unregister(producer, topic("t"), nil)
        _ = try db.register(producer, topic("t"), nil)

        #expect(db.lookup(topic("t"))?.producers.count == 1)
    }

    // MARK: - Administration

    @Test func whatIsDeletedIsForgottenWithItsProducers() throws {
        let producer = add("a")
        _ = try db.register(producer, topic("t"), channel("x"))
        try db.createChannel(topic("t"), channel("y"))
        try db.deleteChannel(topic("t"), channel("x"))
        #expect(db.channelNames(of: topic("t")).map(\.text) == ["y"])
        #expect(throws: LookupError.channelNotFound) {
            try db.deleteChannel(topic("t"), channel("x"))
        }

        db.deleteTopic(topic("t"))

        #expect(db.lookup(topic("t")) == nil)
        #expect(db.nodes().first?.topics.isEmpty == true)
        #expect(db.counts().registrations == 0)
        #expect(try db.register(producer, topic("t"), nil).count == 1)
    }

    @Test func limitsRefuseWithoutChangingAnything() throws {
        var limits = LookupLimits()
        limits.maximumProducerRegistrations = 4
        limits.maximumNames = 6
        let db = RegistrationDB(limits: limits, time: time)
        func producer(_ host: String) -> RegisteredProducer {
            var identity = ProducerIdentity()
            identity.broadcastAddress = host
            return db.add(identity, remoteAddress: host, shown: [])
        }
        let (one, other) = (producer("a"), producer("b"))
        _ = try db.register(one, topic("t1"), channel("c"))
        _ = try db.register(one, topic("t2"), channel("c"))
        #expect(throws: LookupError.tooManyOfProducer) { try db.register(one, topic("t3"), nil) }
        _ = try db.register(other, topic("t3"), channel("c"))
        #expect(throws: LookupError.tooManyNames) { try db.register(other, topic("t4"), nil) }
        #expect(throws: LookupError.tooManyNames) {
            try db.createChannel(topic("t4"), channel("c"))
        }
        #expect(throws: LookupError.tooManyNames) {
            try db.createChannel(topic("t3"), channel("d"))
        }
        #expect(db.topicNames().map(\.text) == ["t1", "t2", "t3"])
        // What is known, and what one has, can be registered again.
        #expect(try db.register(one, topic("t1"), channel("c")).isEmpty)
        #expect(try db.register(producer("c"), topic("t1"), channel("c")).count == 2)
        try db.createTopic(topic("t1"))

        db.deleteTopic(topic("t1"))
        #expect(try db.register(one, topic("t4"), nil).count == 1)
    }

    // MARK: - Warm start

    @Test func aViewIsShownAgainUntilTheProducersComeBack() throws {
        let (one, other) = (add("a"), add("b"))
        for producer in [one, other] {
            _ = try db.register(producer, topic("t"), channel("c"))
        }
        try db.createTopic(topic("empty"))
        time.advance(by: .seconds(100))
        db.touch(other)
        let next = RegistrationDB(limits: LookupLimits(), time: time)
        next.recall(db.view()) { _ in [] }

        #expect(next.lookup(topic("t"))?.producers.count == 2)
        #expect(next.channelNames(of: topic("t")).map(\.text) == ["c"])
        #expect(next.topicNames().map(\.text) == ["empty", "t"])
        #expect(next.counts().remembered == 2)
        #expect(next.counts().producers == 0)

        let back = next.add(one.identity, remoteAddress: "192.0.2.1:6000", shown: [])
        #expect(next.lookup(topic("t"))?.producers.map(\.identity.broadcastAddress) == ["b"])
        _ = try next.register(back, topic("t"), nil)
        #expect(next.lookup(topic("t"))?.producers.first === back)
        #expect(next.nodes().count == 2)

        time.advance(by: .seconds(301))
        next.touch(back)
        #expect(next.nodes().map(\.producer.identity.broadcastAddress) == ["a"])
    }

    private func add(_ host: String, remote: String = "192.0.2.1:5000") -> RegisteredProducer {
        var identity = ProducerIdentity()
        identity.broadcastAddress = host
        identity.tcpPort = 4150
        identity.httpPort = 4151
        return db.add(identity, remoteAddress: remote, shown: [])
    }

    private func topic(_ name: String) -> TopicName {
        guard let topic = TopicName(name) else { preconditionFailure("\(name) is no topic") }
        return topic
    }

    private func channel(_ name: String) -> ChannelName {
        guard let channel = ChannelName(name) else { preconditionFailure("\(name) is no channel") }
        return channel
    }
}
