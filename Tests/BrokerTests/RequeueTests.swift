import Broker
import DiskQueueTesting
import NSQCore
import Testing

/// What comes back: requeued, timed out, touched, or asked for by somebody who may not.
@Suite("Requeue, timeout and touch", .timeLimit(.minutes(10)))
struct RequeueTests {
    private let test: TestBroker

    init() throws { test = try TestBroker() }

    private func one(_ consumer: TestConsumer) throws -> ReceivedMessage {
        let taken = try consumer.take()
        try #require(taken.count == 1)
        return taken[0]
    }

    // MARK: - Requeue

    @Test func aRequeuedMessageGoesBehindWhatWaits() throws {
        let consumer = try test.consumer(ready: 1)
        try test.publish(["a", "b", "c"])
        try consumer.requeue(try one(consumer))
        consumer.setReady(3)

        let taken = try consumer.take()

        #expect(taken.bodies == ["b", "c", "a"])
        #expect(taken.map(\.attempts) == [1, 1, 2])
        #expect(try test.statistics(of: "c").requeueCount == 1)
        #expect(consumer.consumer.counts.requeueCount == 1)
    }

    @Test func aLongBacklogNeverStarvesARequeuedMessage() throws {
        let consumer = try test.consumer(ready: 1)
        try test.publish((0..<20_000).map { "\($0)" })
        try consumer.requeue(try one(consumer))

        var position = 0
        for _ in 0..<2000 {
            let message = try one(consumer)
            consumer.finish([message])
            if message.body == "0" { break }
            position += 1
        }

        #expect(position < 1000)
    }

    @Test func manyRequeuedMessagesDoNotStarveFreshOnes() throws {
        let consumer = try test.consumer(ready: 500)
        try test.publish((0..<500).map { "\($0)" })
        for message in try consumer.take() { try consumer.requeue(message) }
        try test.publish("fresh")
        consumer.setReady(10)

        var seen: [String] = []
        for _ in 0..<60 where !seen.contains("fresh") {
            let taken = try consumer.take()
            seen += taken.bodies
            for message in taken { try consumer.requeue(message) }
        }

        #expect(seen.contains("fresh"))
    }

    @Test func aDelayedRequeueIsNotDeliveredBeforeItsTime() throws {
        let consumer = try test.consumer()
        try test.publish("a")
        try consumer.requeue(try one(consumer), after: .milliseconds(500))

        #expect(try test.counts() == [0, 0, 1])
        test.pass(.milliseconds(499))
        #expect(try consumer.take().isEmpty)
        test.pass(.milliseconds(1))
        #expect(try test.counts() == [1, 0, 0])
        #expect(try one(consumer).attempts == 2)
    }

    @Test func whatAConsumerLeftBehindGoesToAnother() throws {
        let leaver = try test.consumer(timeout: .seconds(10))
        try test.publish("a")
        _ = try one(leaver)
        leaver.leave()
        let other = try test.consumer()

        #expect(try other.take().isEmpty)
        #expect(try test.counts() == [0, 1, 0])
        test.pass(.seconds(10))
        #expect(try one(other).attempts == 2)
    }

    // MARK: - Timeout

    @Test func aTimeoutRaisesAttemptsAndCountsAndFreesRoom() throws {
        let consumer = try test.consumer(ready: 1, timeout: .seconds(5))
        try test.publish(["a", "b"])
        #expect(try one(consumer).body == "a")

        test.pass(.milliseconds(4999))
        #expect(try consumer.take().isEmpty)
        let told = consumer.notices.pumpCount
        test.pass(.milliseconds(1))

        #expect(consumer.notices.pumpCount > told)
        #expect(try test.counts() == [2, 0, 0])
        #expect(try test.statistics(of: "c").timeoutCount == 1)
        #expect(try test.statistics(of: "c").requeueCount == 0)
        #expect(consumer.consumer.counts.inFlightCount == 0)
        consumer.setReady(2)
        #expect(Set(try consumer.take().map { "\($0.body)\($0.attempts)" }) == ["a2", "b1"])
    }

    @Test func eachMessageHasItsOwnDeadline() throws {
        let consumer = try test.consumer(timeout: .seconds(5))
        for second in 0..<5 {
            try test.publish("\(second)")
            _ = try one(consumer)
            test.pass(.seconds(1))
        }

        #expect(try test.counts() == [1, 4, 0])
        test.pass(.seconds(2))
        #expect(try test.counts() == [3, 2, 0])
    }

    @Test func aLateFinishAfterATimeoutIsRefused() throws {
        let consumer = try test.consumer(ready: 1, timeout: .seconds(1))
        try test.publish("a")
        let message = try one(consumer)
        test.pass(.seconds(1))

        #expect(consumer.finish([message]) == [0: .notInFlight])
        #expect(try test.counts() == [1, 0, 0])
    }

    // MARK: - Touch

    @Test func touchExtendsTheDeadline() throws {
        let consumer = try test.consumer(timeout: .seconds(10))
        try test.publish(["a", "b"])
        let taken = try consumer.take()
        test.pass(.seconds(9))

        try consumer.touch(taken[0])
        test.pass(.seconds(1))

        #expect(try test.counts() == [1, 1, 0])
        #expect(consumer.finish([taken[0]]).isEmpty)
        #expect(try test.statistics(of: "c").timeoutCount == 1)
    }

    @Test func touchNeverExtendsBeyondTheLongestTimeout() throws {
        var limits = BrokerConfiguration()
        limits.maximumMessageTimeout = Duration.seconds(25).nanoseconds
        let test = try TestBroker(limits: limits)
        let consumer = try test.consumer(timeout: .seconds(10))
        try test.publish("a")
        let message = try #require(try consumer.take().first)
        for _ in 0..<3 {
            test.pass(.seconds(8))
            try consumer.touch(message)
        }

        #expect(try test.counts() == [0, 1, 0])
        test.pass(.seconds(1))
        #expect(try test.counts() == [1, 0, 0])
    }

    // MARK: - Who may settle what

    @Test func idsThatAreNotInFlightAreRefused() throws {
        let consumer = try test.consumer()
        try test.publish(["a", "b"])
        let taken = try consumer.take()
        consumer.finish([taken[0]])

        let unknown = [
            taken[0].id, 0, 1, UInt64.max, taken[1].id &+ 1, taken[1].id &+ 1 << 22,
            taken[0].id &- 1,
        ]
        for id in unknown {
            #expect(consumer.finish([id]) == [0: .notInFlight])
            #expect(throws: BrokerError.notInFlight) {
                try consumer.channel.requeue(id, delay: 0, by: consumer.consumer)
            }
            #expect(throws: BrokerError.notInFlight) {
                try consumer.channel.touch(id, by: consumer.consumer)
            }
        }
        #expect(try test.counts() == [0, 1, 0])
        #expect(consumer.consumer.counts.finishCount == 1)
    }

    @Test func messagesOfAnotherConsumerAreRefused() throws {
        let owner = try test.consumer()
        let other = try test.consumer()
        try test.publish("a")
        let message = try one(owner)

        #expect(other.finish([message]) == [0: .notOwner])
        #expect(throws: BrokerError.notOwner) { try other.requeue(message) }
        #expect(throws: BrokerError.notOwner) { try other.touch(message) }
        #expect(owner.finish([message]).isEmpty)
    }

    @Test func oneBatchOfFinishesTellsWhichFailed() throws {
        let owner = try test.consumer(ready: 3)
        let other = try test.consumer()
        try test.publish(["a", "b", "c", "d"])
        let mine = try owner.take()
        let theirs = try one(other)

        let failures = owner.finish(
            [mine[0].id, theirs.id, mine[1].id, mine[1].id, 42, mine[2].id])

        #expect(failures == [1: .notOwner, 3: .notInFlight, 4: .notInFlight])
        #expect(try test.counts() == [0, 1, 0])
        #expect(owner.consumer.counts.inFlightCount == 0)
        #expect(owner.consumer.counts.finishCount == 3)
    }

    @Test func finishesInAnyOrderAcrossManyChunksAreAllCounted() throws {
        let consumer = try test.consumer()
        try test.publish((0..<10_000).map { "\($0)" })
        var generator = SeededGenerator(seed: 3)
        let ids = try consumer.take().map(\.id).shuffled(using: &generator)

        for start in stride(from: 0, to: ids.count, by: 333) {
            #expect(consumer.finish(Array(ids[start..<min(start + 333, ids.count)])).isEmpty)
        }

        #expect(try test.counts() == [0, 0, 0])
        #expect(consumer.finish([ids[17]]) == [0: .notInFlight])
        test.pass(.seconds(100))
        #expect(try test.statistics(of: "c").timeoutCount == 0)
    }

    // MARK: - Cost

    @Test func plannedLooksDoNotPileUpOverManyDelayedRequeues() throws {
        let consumer = try test.consumer(timeout: .seconds(60))
        try test.publish(["held", "requeued"])
        let taken = try consumer.take()
        var message = taken[1]
        for round in 0..<3000 {
            try consumer.requeue(message, after: .milliseconds(50))
            if round % 500 == 0 { try consumer.touch(taken[0]) }
            test.pass(.milliseconds(50))
            message = try one(consumer)
        }

        #expect(test.broker.scheduledCount < 10)
    }
}
