import Broker
import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// Documents applied to a running broker, and to its store while it is stopped: both come to the same.
@Suite("Documents and the broker", .timeLimit(.minutes(10)))
struct MetadataDocumentTests {
    /// Where a document is applied.
    enum Place: CaseIterable {
        case running
        case stopped
    }

    private let directory: TemporaryDirectory
    private let time = ManualTime()

    init() throws { directory = try TemporaryDirectory() }

    private func open() throws -> Broker {
        let path = try DataPath(directory.path, syncPolicy: .interval)
        let broker = try Broker.open(
            store: path.configuration(nodeID: try #require(NodeID(5)), time: time),
            metadata: path.metadata,
            limits: BrokerConfiguration(),
            isAutomatic: false,
            observe: { _ in }
        )
        broker.onClosed { [lock = path.lock] in try lock.markClean() }
        try path.lock.markRecovered()
        return broker
    }

    private func document(_ topics: String) throws -> MetadataDocument {
        let text = "format='swift-nsq metadata'\nversion=1\ntopics=[\(topics)]\n"
        return try MetadataDocument.read(Array(text.utf8), as: .toml, source: "test").document
    }

    /// Has `before` done by a broker, applies the document there or once it is stopped, and gives the broker that runs
    /// afterwards.
    private func apply(
        _ topics: String,
        _ place: Place,
        mode: MetadataDifference.Mode = .merge,
        before: (Broker) throws -> Void
    ) throws -> Broker {
        let wanted = try document(topics)
        do {
            let broker = try open()
            try before(broker)
            if place == .running {
                let current = broker.metadataDocument
                try broker.apply(MetadataDifference(from: current, to: wanted, mode: mode))
                return broker
            }
            broker.shutDown()
        }
        let outcome = try MetadataEditor.apply(
            wanted,
            to: directory.path,
            MetadataEditor.Options(mode: mode, allowsLoss: true, reason: "test")
        )
        #expect(outcome.isApplied)
        #expect(outcome.notes.isEmpty)
        return try open()
    }

    private func topic(_ broker: Broker, _ name: String = "orders") throws -> Topic {
        try broker.topic(try #require(TopicName(name)))
    }

    private func channel(_ broker: Broker, _ name: String) throws -> Channel {
        try topic(broker).channel(try #require(ChannelName(name)))
    }

    /// Depth, in flight, deferred.
    private func counts(_ broker: Broker, _ channel: String) throws -> [Int64] {
        let topic = broker.statistics(topic: "orders", channel: channel).first
        let found = try #require(topic?.channels.first)
        return [found.depth, found.inFlightCount, found.deferredCount]
    }

    @Test(arguments: Place.allCases)
    func allChannelsThatOneDocumentMakesGetTheBacklog(place: Place) throws {
        let broker = try apply("{name='orders',channels=[{name='a'},{name='b'}]}", place) {
            try topic($0).publish(["1", "2", "3"])
        }
        for name in ["a", "b"] {
            let consumer = try TestConsumer(channel(broker, name), ready: 10)
            #expect(try consumer.take().bodies == ["1", "2", "3"])
        }
        #expect(broker.statistics(topic: "orders", channel: nil).first?.depth == 0)
    }

    @Test(arguments: Place.allCases)
    func aChannelBesideOthersGetsWhatComesAfterIt(place: Place) throws {
        let broker = try apply("{name='orders',channels=[{name='b',paused=true}]}", place) {
            _ = try channel($0, "a")
            try topic($0).publish(["1", "2"])
        }
        try topic(broker).publish(["3"])
        #expect(try counts(broker, "a") == [3, 0, 0])
        #expect(try counts(broker, "b") == [1, 0, 0])
        #expect(broker.metadataDocument.topics.first?.channels.last?.isPaused == true)
    }

    /// The clock of a deferred message starts when channels receive it, however long nobody was there.
    @Test(arguments: Place.allCases)
    func deferredMessagesWaitFromTheMomentThatAChannelHasThem(place: Place) throws {
        let broker = try apply("{name='orders',channels=[{name='a'}]}", place) {
            try topic($0).publish(["later"], after: .seconds(10))
            try topic($0).publish(["now"])
            time.advance(by: .seconds(60))
        }
        let consumer = try TestConsumer(channel(broker, "a"), ready: 10)
        #expect(try consumer.take().bodies == ["now"])
        #expect(try counts(broker, "a") == [0, 1, 1])
        time.advance(by: .milliseconds(9_999))
        broker.processDue()
        #expect(try consumer.take().isEmpty)
        time.advance(by: .milliseconds(1))
        broker.processDue()
        #expect(try consumer.take().bodies == ["later"])
    }

    @Test(arguments: Place.allCases)
    func theEndOfAPauseGivesTheChannelsWhatPiledUp(place: Place) throws {
        let broker = try apply(
            "{name='orders',paused=false,channels=[{name='a'},{name='new'}]}",
            place
        ) {
            _ = try channel($0, "a")
            try topic($0).publish(["before"])
            try topic($0).pause()
            try topic($0).publish(["piled up"])
            try topic($0).publish(["later"], after: .seconds(10))
            time.advance(by: .seconds(60))
        }
        #expect(try counts(broker, "a") == [2, 0, 1])
        #expect(try counts(broker, "new") == [1, 0, 1])
        time.advance(by: .seconds(10))
        broker.processDue()
        let consumer = try TestConsumer(channel(broker, "a"), ready: 10)
        #expect(Set(try consumer.take().bodies) == ["before", "piled up", "later"])
    }

    @Test(arguments: Place.allCases)
    func aPauseStopsTheFlowAndKeepsEverything(place: Place) throws {
        let broker = try apply(
            "{name='orders',paused=true,channels=[{name='a',paused=true}]}",
            place
        ) {
            _ = try channel($0, "a")
            try topic($0).publish(["1"])
        }
        try topic(broker).publish(["2"])
        #expect(try counts(broker, "a") == [1, 0, 0])
        #expect(broker.statistics(topic: "orders", channel: nil).first?.depth == 1)
        #expect(broker.statistics(topic: "orders", channel: nil).first?.isPaused == true)
    }

    @Test(arguments: Place.allCases)
    func aReplacementDeletesAndTheRestKeepsItsMessages(place: Place) throws {
        let broker = try apply(
            "{name='orders',channels=[{name='a'}]},{name='empty'}",
            place,
            mode: .replace
        ) {
            _ = try channel($0, "a")
            _ = try channel($0, "b")
            try topic($0).publish(["1", "2"])
            try topic($0, "other").publish(["x"])
        }
        let found = broker.metadataDocument.topics
        #expect(found.map(\.name.text) == ["empty", "orders"])
        #expect(found.last?.channels.map(\.name.text) == ["a"])
        #expect(try counts(broker, "a") == [2, 0, 0])
    }

    /// What the last channel had is gone with it; what comes after waits for the next one.
    @Test(arguments: Place.allCases)
    func aTopicWithoutItsLastChannelKeepsWhatComesAfter(place: Place) throws {
        let broker = try apply("{name='orders'}", place, mode: .replace) {
            _ = try channel($0, "a")
            try topic($0).publish(["lost"])
        }
        try topic(broker).publish(["kept"])
        let consumer = try TestConsumer(channel(broker, "b"), ready: 10)
        #expect(try consumer.take().bodies == ["kept"])
    }

    @Test func ephemeralOnesAreNoPartOfADocument() throws {
        let broker = try open()
        _ = try channel(broker, "a")
        _ = try channel(broker, "t#ephemeral")
        _ = try topic(broker, "u#ephemeral")
        let document = broker.metadataDocument
        #expect(document.topics.map(\.name.text) == ["orders"])
        #expect(document.topics.first?.channels.map(\.name.text) == ["a"])

        let wanted = try self.document("{name='orders',channels=[{name='a'}]}")
        #expect(MetadataDifference(from: document, to: wanted, mode: .replace).isEmpty)
    }
}
