import Broker
import DiskQueue
import NSQCore
import Testing

/// Topics and channels that live in memory and go with their last user.
@Suite("Ephemeral topics and channels", .timeLimit(.minutes(10)))
struct EphemeralTests {
    private let test: TestBroker

    init() throws {
        var limits = BrokerConfiguration()
        limits.memoryQueueSize = 10
        test = try TestBroker(limits: limits)
    }

    private func bodies(_ range: Range<Int>) -> [String] { range.map { "\($0)" } }

    @Test func aFullEphemeralChannelDropsTheNewestButCountsThem() throws {
        let consumer = try test.consumer("c#ephemeral", ready: 4)
        try test.publish(bodies(0..<12))

        #expect(try test.counts("c#ephemeral") == [10, 0, 0])
        #expect(try test.statistics(of: "c#ephemeral").messageCount == 12)
        let taken = try consumer.take()
        #expect(taken.bodies == ["0", "1", "2", "3"])
        try test.publish(bodies(12..<20))
        #expect(try test.counts("c#ephemeral") == [10, 4, 0])
        consumer.finish(taken)
        consumer.setReady(100)
        #expect(try consumer.take().bodies == bodies(4..<10) + bodies(12..<16))
        #expect(try test.counts("c#ephemeral") == [0, 10, 0])
    }

    @Test func anOrdinaryChannelBesideAFullEphemeralOneKeepsEverything() throws {
        _ = try test.consumer("c#ephemeral")
        let consumer = try test.consumer()
        try test.publish(bodies(0..<30))

        #expect(try consumer.take().bodies == bodies(0..<30))
        #expect(try test.counts("c#ephemeral") == [10, 0, 0])
    }

    @Test func aFullEphemeralTopicDropsTheNewestButCountsThem() throws {
        for number in 0..<15 { try test.publish("\(number)", to: "t#ephemeral") }

        #expect(try test.statistics("t#ephemeral").depth == 10)
        #expect(try test.statistics("t#ephemeral").messageCount == 15)
        #expect(try test.consumer(of: "t#ephemeral").take().bodies == bodies(0..<10))
    }

    @Test func onePublishFillsAnEphemeralTopicNoFurtherThanItsQueue() throws {
        try test.publish(bodies(0..<7), to: "t#ephemeral")
        try test.publish(bodies(7..<20), to: "t#ephemeral")

        #expect(try test.statistics("t#ephemeral").depth == 10)
        #expect(try test.consumer(of: "t#ephemeral").take().bodies == bodies(0..<10))
    }

    @Test func anEphemeralTopicTouchesNoFile() throws {
        let consumer = try test.consumer(of: "t#ephemeral")
        try test.publish(bodies(0..<5), to: "t#ephemeral")

        consumer.finish(try consumer.take())

        #expect(try test.disk.list("/data/topics").isEmpty)
    }

    @Test func anEphemeralChannelGoesWithItsLastConsumer() throws {
        let first = try test.consumer("c#ephemeral")
        let second = try test.consumer("c#ephemeral")
        let name = try #require(ChannelName("c#ephemeral"))
        first.leave()
        #expect(try test.topic().existingChannel(name) != nil)
        second.leave()
        #expect(try test.topic().existingChannel(name) == nil)
    }

    @Test func anEphemeralChannelThatNobodyJoinedStays() throws {
        _ = try test.channel("c#ephemeral")

        #expect(try test.topic().existingChannel(try #require(ChannelName("c#ephemeral"))) != nil)
    }

    @Test func anEphemeralTopicGoesWithItsLastChannel() throws {
        let name = try #require(TopicName("t#ephemeral"))
        let consumer = try test.consumer("c#ephemeral", of: "t#ephemeral")
        _ = try test.channel("plain", of: "t#ephemeral")
        consumer.leave()
        #expect(test.broker.existingTopic(name) != nil)

        try test.deleteChannel("plain", of: "t#ephemeral")

        #expect(test.broker.existingTopic(name) == nil)
    }

    @Test func anEphemeralTopicIsServedLikeAnyOther() throws {
        let consumer = try test.consumer(of: "t#ephemeral", ready: 5, timeout: .seconds(5))
        for round in 0..<2000 {
            try test.publish("\(round)", to: "t#ephemeral")
            let taken = try consumer.take()
            #expect(taken.bodies == ["\(round)"])
            consumer.finish(taken)
        }
        try test.publish("later", to: "t#ephemeral", after: .seconds(1))
        test.pass(.seconds(1))
        #expect(try consumer.take().bodies == ["later"])
        test.pass(.seconds(5))
        #expect(try consumer.take().map(\.attempts) == [2])
    }

    @Test func nothingEphemeralSurvivesARestart() throws {
        _ = try test.consumer("c#ephemeral")
        _ = try test.consumer(of: "t#ephemeral")
        try test.publish("a")
        try test.restart(after: .killed)

        #expect(try test.statistics().channels.isEmpty)
        #expect(test.broker.statistics(topic: nil, channel: nil).map(\.name) == ["orders"])
    }
}
