import Broker
import DiskQueueTesting
import NSQCore
import Testing

/// What is published reaches every channel once, and each consumer as much as it asked for.
@Suite("Delivery", .timeLimit(.minutes(10)))
struct DeliveryTests {
    private let test: TestBroker

    init() throws { test = try TestBroker() }

    @Test func publishedMessagesArriveInOrderAndAreGoneOnceFinished() throws {
        let consumer = try test.consumer()
        try test.publish(["a", "b"])
        try test.publish("c")

        let taken = try consumer.take()

        #expect(taken.bodies == ["a", "b", "c"])
        #expect(taken.map(\.attempts) == [1, 1, 1])
        #expect(taken.allSatisfy { $0.timestamp == test.time.wallNanoseconds })
        #expect(try test.counts() == [0, 3, 0])
        #expect(consumer.finish(taken).isEmpty)
        #expect(try test.counts() == [0, 0, 0])
        #expect(try consumer.take().isEmpty)
        #expect(consumer.consumer.counts.finishCount == 3)
    }

    @Test func idsRiseAndCarryTheNode() throws {
        let consumer = try test.consumer()
        try test.publish((0..<5000).map { "\($0)" })

        let ids = try consumer.take().map(\.id)

        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        #expect(ids.allSatisfy { MessageID(rawValue: $0).nodeBits == 5 })
    }

    @Test func everyChannelGetsEachMessage() throws {
        let first = try test.consumer("a")
        let second = try test.consumer("b")
        try test.publish(["x", "y"])

        let taken = try first.take()
        first.finish(taken)

        #expect(try second.take() == taken)
        #expect(try test.counts("a") == [0, 0, 0])
        #expect(try test.counts("b") == [0, 2, 0])
    }

    @Test func theFirstChannelGetsTheBacklogAndLaterOnesOnlyWhatFollows() throws {
        try test.publish(["old 1", "old 2"])
        #expect(try test.statistics().depth == 2)

        let first = try test.consumer("a")
        let second = try test.consumer("b")
        try test.publish("new")

        #expect(try test.statistics().depth == 0)
        #expect(try first.take().bodies == ["old 1", "old 2", "new"])
        #expect(try second.take().bodies == ["new"])
        #expect(try test.statistics(of: "a").messageCount == 3)
        #expect(try test.statistics(of: "b").messageCount == 1)
    }

    @Test func theTopicHoldsMessagesAgainOnceItsLastChannelIsDeleted() throws {
        _ = try test.channel("a")
        try test.deleteChannel("a")
        try test.publish("held")

        #expect(try test.statistics().depth == 1)
        #expect(try test.consumer("b").take().bodies == ["held"])
    }

    @Test func countsMessagesAndBytesOfTheTopic() throws {
        try test.publish(["abc", "de"])
        try test.publish("f")

        #expect(try test.statistics().messageCount == 3)
        #expect(try test.statistics().messageBytes == 6)
    }

    // MARK: - Ready count

    @Test func nothingIsSentBeforeTheFirstReadyCount() throws {
        let consumer = try test.consumer(ready: 0)
        try test.publish("a")

        #expect(try consumer.take().isEmpty)
        consumer.setReady(1)
        #expect(try consumer.take().bodies == ["a"])
    }

    @Test func theReadyCountLimitsWhatIsInFlight() throws {
        let consumer = try test.consumer(ready: 2)
        try test.publish(["a", "b", "c", "d"])

        let taken = try consumer.take()
        #expect(taken.bodies == ["a", "b"])
        #expect(try consumer.take().isEmpty)
        #expect(consumer.consumer.counts.inFlightCount == 2)
        consumer.finish([taken[0]])
        #expect(try consumer.take().bodies == ["c"])
    }

    @Test func loweringTheReadyCountKeepsWhatIsInFlightAndHoldsBackTheRest() throws {
        let consumer = try test.consumer(ready: 3)
        try test.publish((0..<6).map { "\($0)" })
        let taken = try consumer.take()

        consumer.setReady(1)
        consumer.finish([taken[0], taken[1]])

        #expect(try consumer.take().isEmpty)
        consumer.finish([taken[2]])
        #expect(try consumer.take().bodies == ["3"])
    }

    @Test func consumersShareAChannelWithoutOverlap() throws {
        let consumers = try (0..<10).map { _ in try test.consumer(ready: 7) }
        try test.publish((0..<70).map { "\($0)" })

        let taken = try consumers.map { try $0.take() }

        #expect(taken.allSatisfy { $0.count == 7 })
        #expect(Set(taken.joined().map(\.body)).count == 70)
        #expect(try test.counts() == [0, 70, 0])
    }

    @Test func aConsumerThatIsCaughtUpIsToldOfTheNextMessage() throws {
        let consumer = try test.consumer()
        #expect(try consumer.takeOnce(byteCount: 100).delivery.state == .caughtUp)
        let before = consumer.notices.pumpCount

        try test.publish("a")

        #expect(consumer.notices.pumpCount == before + 1)
    }

    @Test func whatAReadyConsumerLeavesIsOfferedToAnother() throws {
        let full = try test.consumer(ready: 1)
        let idle = try test.consumer(ready: 1)
        _ = try full.take()
        _ = try idle.take()

        try test.publish(["a", "b"])
        #expect(try full.take().bodies == ["a"])

        #expect(idle.notices.pumpCount > 0)
        #expect(try idle.take().bodies == ["b"])
    }

    // MARK: - Room

    @Test func aMessageLargerThanTheBufferSaysHowMuchItNeeds() throws {
        let consumer = try test.consumer()
        let body = String(repeating: "x", count: 5000)
        try test.publish(["small", body])

        let first = try consumer.takeOnce(byteCount: 1000)
        #expect(first.messages.bodies == ["small"])
        #expect(first.delivery.state == .full)
        let second = try consumer.takeOnce(byteCount: 1000)
        #expect(second.delivery.state == .needsBytes(5034))
        #expect(second.delivery.byteCount == 0)
        let third = try consumer.takeOnce(byteCount: 5034)
        #expect(third.messages.bodies == [body])
    }

    @Test func aLargeMessageThatIsRedeliveredSaysHowMuchItNeedsToo() throws {
        let consumer = try test.consumer()
        try test.publish(String(repeating: "x", count: 5000))
        try consumer.requeue(try #require(consumer.take().first))

        #expect(try consumer.takeOnce(byteCount: 100).delivery.state == .needsBytes(5034))
        #expect(try consumer.takeOnce(byteCount: 5034).messages.map(\.attempts) == [2])
    }

    @Test(arguments: [35, 40, 99, 1000, 4096])
    func smallBuffersLoseNothing(byteCount: Int) throws {
        let consumer = try test.consumer()
        let bodies = (0..<300).map { String(repeating: "z", count: 1 + $0 % 60) + "\($0)" }
        for body in bodies { try test.publish(body) }

        #expect(try consumer.take(byteCount: byteCount).bodies == bodies)
    }

    @Test func aMessageOfManyMegabytesIsDeliveredWhole() throws {
        let consumer = try test.consumer()
        let body = String(repeating: "0123456789abcdef", count: 300_000)
        try test.publish(["before", body, "after"])

        #expect(try consumer.take().bodies == ["before", body, "after"])
    }

    // MARK: - Who may join

    @Test func consumersBeyondTheLimitAreRefused() throws {
        var limits = BrokerConfiguration()
        limits.maximumChannelConsumers = 2
        let test = try TestBroker(limits: limits)
        let first = try test.consumer()
        _ = try test.consumer()

        let refusal = BrokerError.consumerLimit(topic: "orders", channel: "c", limit: 2)
        #expect(throws: refusal) { try test.consumer() }
        #expect(refusal.description == "consumers for orders:c exceeds limit of 2")
        first.leave()
        _ = try test.consumer()
    }
}
