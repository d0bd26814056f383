import Broker
import DiskQueueTesting
import Testing

/// Messages that are published with a delay.
@Suite("Deferred publish", .timeLimit(.minutes(10)))
struct DeferredTests {
    private let test: TestBroker

    init() throws { test = try TestBroker() }

    @Test func deferredMessagesWaitApartFromTheDepth() throws {
        let consumer = try test.consumer()
        try test.publish(["later 1", "later 2"], after: .seconds(1))
        try test.publish("now")

        #expect(try test.counts() == [1, 0, 2])
        #expect(try test.statistics(of: "c").messageCount == 3)
        #expect(try consumer.take().bodies == ["now"])
        test.pass(.milliseconds(999))
        #expect(try consumer.take().isEmpty)
        test.pass(.milliseconds(1))
        #expect(try test.counts() == [2, 1, 0])
        let taken = try consumer.take()
        #expect(taken.bodies == ["later 1", "later 2"])
        #expect(taken.map(\.attempts) == [1, 1])
        consumer.finish(taken)
        #expect(try test.counts() == [0, 1, 0])
    }

    @Test func consumersAreToldWhenADeferredMessageIsDue() throws {
        let consumer = try test.consumer()
        try test.publish("later", after: .seconds(1))
        _ = try consumer.take()
        let before = consumer.notices.pumpCount

        test.pass(.seconds(1))

        #expect(consumer.notices.pumpCount > before)
    }

    @Test func dueTimesDecideTheOrder() throws {
        let consumer = try test.consumer()
        try test.publish("third", after: .seconds(3))
        try test.publish("first", after: .seconds(1))
        try test.publish("second", after: .seconds(2))

        var order: [String] = []
        for _ in 0..<3 {
            test.pass(.seconds(1))
            order += try consumer.take().bodies
        }

        #expect(order == ["first", "second", "third"])
    }

    @Test func theClockDoesNotRunWhileThereIsNoChannel() throws {
        try test.publish("later", after: .seconds(1))
        test.pass(.seconds(100))
        let consumer = try test.consumer()

        #expect(try test.counts() == [0, 0, 1])
        test.pass(.milliseconds(999))
        #expect(try consumer.take().isEmpty)
        test.pass(.milliseconds(1))
        #expect(try consumer.take().bodies == ["later"])
    }

    @Test func theClockStartsWhenTheTopicIsUnpaused() throws {
        let consumer = try test.consumer()
        try test.topic().pause()
        try test.publish("later", after: .seconds(1))
        test.pass(.seconds(100))
        #expect(try test.counts() == [0, 0, 0])
        #expect(try test.statistics().depth == 1)

        try test.topic().unpause()

        #expect(try test.counts() == [0, 0, 1])
        #expect(try consumer.take().isEmpty)
        test.pass(.seconds(1))
        #expect(try consumer.take().bodies == ["later"])
    }

    @Test func everyChannelDefersOnItsOwn() throws {
        let first = try test.consumer("a")
        let second = try test.consumer("b")
        try test.publish("later", after: .seconds(1))
        test.pass(.seconds(1))

        first.finish(try first.take())

        #expect(try test.counts("b") == [1, 0, 0])
        #expect(try second.take().bodies == ["later"])
    }

    @Test func jumpsOfTheWallClockDoNotMoveDueTimes() throws {
        let consumer = try test.consumer()
        try test.publish("later", after: .seconds(10))
        test.time.jumpWall(by: .seconds(86_400))
        test.broker.processDue()
        #expect(try consumer.take().isEmpty)
        test.time.jumpWall(by: .seconds(-1_000_000))

        test.pass(.seconds(10))

        #expect(try consumer.take().bodies == ["later"])
    }

    @Test func anEndlessDelayIsHeldBackAndHarmsNothing() throws {
        let consumer = try test.consumer()
        try test.publish("never", after: .nanoseconds(Int64.max))
        try test.publish("now")
        let now = try consumer.take()
        #expect(now.bodies == ["now"])

        try consumer.channel.requeue(now[0].id, delay: .max, by: consumer.consumer)
        test.pass(.seconds(86_400))

        #expect(try test.counts() == [0, 0, 2])
    }
}
