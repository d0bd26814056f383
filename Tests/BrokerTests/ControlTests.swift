import Broker
import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// Pause, empty and delete, of topics and of channels.
@Suite("Pause, empty, delete", .timeLimit(.minutes(10)))
struct ControlTests {
    private let test: TestBroker

    init() throws { test = try TestBroker() }

    // MARK: - Pause

    @Test func aPausedTopicPilesUpWhileItsChannelsGoOn() throws {
        let consumer = try test.consumer()
        try test.publish(["a", "b"])
        try test.topic().pause()
        try test.publish(["c", "d"])

        #expect(try consumer.take().bodies == ["a", "b"])
        #expect(try test.statistics().depth == 2)
        #expect(try test.statistics().isPaused)
        let before = consumer.notices.pumpCount
        try test.topic().unpause()
        #expect(consumer.notices.pumpCount > before)
        #expect(try consumer.take().bodies == ["c", "d"])
        #expect(try test.statistics().depth == 0)
    }

    @Test func channelsMadeWhileATopicIsPausedGetWhatPiledUp() throws {
        let first = try test.consumer("a")
        try test.publish("before")
        try test.topic().pause()
        try test.publish("piled up")
        let second = try test.consumer("b")
        let third = try test.consumer("d")
        #expect(try second.take().isEmpty)

        try test.topic().unpause()

        #expect(try first.take().bodies == ["before", "piled up"])
        #expect(try second.take().bodies == ["piled up"])
        #expect(try third.take().bodies == ["piled up"])
    }

    @Test func aTopicPausedBeforeItsFirstChannelStaysHeld() throws {
        try test.topic().pause()
        try test.publish("a")
        let consumer = try test.consumer()
        #expect(try consumer.take().isEmpty)

        try test.topic().unpause()

        #expect(try consumer.take().bodies == ["a"])
    }

    @Test func pausingTwiceAndUnpausingOnceLetsEverythingFlow() throws {
        let consumer = try test.consumer()
        try test.topic().pause()
        try test.publish("a")
        try test.topic().pause()
        try test.publish("b")
        try test.topic().unpause()
        try test.topic().unpause()

        #expect(try consumer.take().bodies == ["a", "b"])
    }

    @Test func aPausedChannelFillsAndSettlesButSendsNothing() throws {
        let consumer = try test.consumer(timeout: .seconds(5))
        try test.publish(["a", "b", "c"])
        let taken = try consumer.take()
        try test.channel().pause()
        try test.publish("d")
        try test.publish("later", after: .seconds(1))

        #expect(try consumer.take().isEmpty)
        #expect(consumer.finish([taken[0]]).isEmpty)
        try consumer.requeue(taken[1])
        test.pass(.seconds(5))
        #expect(try test.counts() == [4, 0, 0])
        #expect(try test.statistics(of: "c").isPaused)
        #expect(try consumer.take().isEmpty)

        let before = consumer.notices.pumpCount
        try test.channel().unpause()
        #expect(consumer.notices.pumpCount > before)
        #expect(Set(try consumer.take().bodies) == ["b", "c", "d", "later"])
    }

    // MARK: - Empty

    @Test func emptyingATopicDropsOnlyWhatNoChannelHasReceived() throws {
        let consumer = try test.consumer()
        try test.publish("kept")
        try test.topic().pause()
        try test.publish("dropped")
        try test.publish("dropped later", after: .seconds(1))
        try test.topic().empty()
        #expect(try test.statistics().depth == 0)
        try test.publish("new")
        try test.topic().unpause()

        #expect(try consumer.take().bodies == ["kept", "new"])
        test.pass(.seconds(2))
        #expect(try consumer.take().isEmpty)
        #expect(try test.counts() == [0, 2, 0])
    }

    @Test func emptyingATopicWithoutChannelsDropsItsBacklog() throws {
        try test.publish(["a", "b"])
        try test.topic().empty()
        try test.publish("c")

        #expect(try test.consumer().take().bodies == ["c"])
    }

    @Test func emptyingAChannelDropsQueuedInFlightAndDeferred() throws {
        let consumer = try test.consumer(ready: 2, timeout: .seconds(5))
        let other = try test.consumer("other")
        try test.publish(["a", "b", "c", "d"])
        try test.publish("later", after: .seconds(1))
        let taken = try consumer.take()
        try consumer.requeue(taken[1], after: .seconds(1))
        #expect(try test.counts() == [2, 1, 2])

        try test.channel().empty()

        #expect(try test.counts() == [0, 0, 0])
        #expect(consumer.consumer.counts.inFlightCount == 0)
        #expect(consumer.finish([taken[0]]) == [0: .notInFlight])
        test.pass(.seconds(10))
        #expect(try consumer.take().isEmpty)
        #expect(try test.statistics(of: "c").timeoutCount == 0)
        #expect(try test.counts("other") == [5, 0, 0])
        #expect(try other.take().count == 5)

        try test.publish(["e", "f"])
        #expect(try consumer.take().bodies == ["e", "f"])
    }

    // MARK: - Delete

    @Test func deletingAChannelClosesItsConsumersAndForgetsItsMessages() throws {
        let consumer = try test.consumer()
        _ = try test.consumer("other")
        try test.publish(["a", "b"])
        let taken = try consumer.take()
        try test.deleteChannel()

        #expect(consumer.notices.isClosed)
        #expect(try consumer.take().isEmpty)
        #expect(throws: BrokerError.channelNotFound) { try test.deleteChannel() }
        #expect(throws: BrokerError.exiting) { try TestConsumer(consumer.channel) }
        consumer.finish(taken)
        consumer.leave()
        let again = try test.consumer()
        #expect(try again.take().isEmpty)
        try test.publish("c")
        #expect(try again.take().bodies == ["c"])
    }

    @Test func deletingATopicRemovesItsFilesAndClosesItsConsumers() throws {
        let consumer = try test.consumer()
        try test.publish("a")
        _ = try consumer.take()
        let topic = try test.topic()
        try test.deleteTopic()

        #expect(consumer.notices.isClosed)
        #expect(topic.isExiting)
        #expect(throws: BrokerError.exiting) { try topic.publish(["late"]) }
        #expect(try test.segmentFiles().isEmpty)
        #expect(try test.disk.list("/data/topics").isEmpty)
        #expect(throws: BrokerError.topicNotFound) { try test.deleteTopic() }
        #expect(test.broker.statistics(topic: nil, channel: nil).isEmpty)
    }

    @Test func aConsumerOfADeletedTopicMaySettleAndLeave() throws {
        let consumer = try test.consumer()
        let ephemeral = try test.consumer("c#ephemeral")
        try test.publish(["a", "b", "c"])
        let taken = try consumer.take()
        let others = try ephemeral.take()
        try test.deleteTopic()

        consumer.finish([taken[0]])
        try? consumer.requeue(taken[1])
        try? consumer.touch(taken[2])
        ephemeral.finish(others)
        #expect(try consumer.take().isEmpty)
        #expect(throws: BrokerError.exiting) { try TestConsumer(consumer.channel) }
        #expect(throws: BrokerError.exiting) { try consumer.channel.pause() }
        test.pass(.seconds(1000))
        consumer.leave()
        ephemeral.leave()
    }

    @Test func aTopicMadeAgainStartsAfreshWithHigherIds() throws {
        let before = try test.consumer()
        try test.publish("a")
        let old = try #require(try before.take().first)
        try test.deleteTopic()
        test.time.advance(by: .seconds(1))
        try test.publish("b")
        let after = try test.consumer()

        let new = try #require(try after.take().first)
        #expect(new.body == "b")
        #expect(new.id > old.id)
    }

    @Test func namesThatLookLikePathsStayInTheirFolders() throws {
        for name in ["..", ".", String(repeating: "x", count: 64), "a.b-c_D9"] {
            try test.publish(name, to: name)
            let consumer = try test.consumer(of: name)
            #expect(try consumer.take().bodies == [name])
        }

        #expect(Set(try test.disk.list("/data/topics")) == ["1", "2", "3", "4"])
        try test.deleteTopic("..")
        #expect(Set(try test.disk.list("/data/topics")) == ["2", "3", "4"])
        #expect(test.disk.exists("/data"))
    }

    // MARK: - Shutdown

    @Test func aBrokerThatShutsDownRefusesPublishesAndClosesConsumers() throws {
        let consumer = try test.consumer()
        let topic = try test.topic()
        test.broker.shutDown()

        #expect(consumer.notices.isClosed)
        #expect(throws: BrokerError.exiting) { try topic.publish(["late"]) }
        #expect(throws: BrokerError.exiting) { try test.topic("another") }
    }
}
