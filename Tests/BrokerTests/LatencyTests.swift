import Broker
import NSQCore
import Testing

/// How long messages took, and who is served first.
@Suite("Latency and proximity", .timeLimit(.minutes(10)))
struct LatencyTests {
    private func broker(window: Duration = .seconds(10)) throws -> TestBroker {
        var limits = BrokerConfiguration()
        limits.latencyWindow = window.nanoseconds
        return try TestBroker(limits: limits)
    }

    @Test func latencyIsFromPublishToFinish() throws {
        let test = try broker()
        let consumer = try test.consumer()
        try test.publish(["a", "b", "c"])
        test.pass(.seconds(1))
        consumer.finish(Array(try consumer.take().prefix(2)))
        let latency = try #require(try test.statistics(of: "c").latency)

        #expect(latency.count == 2)
        #expect((990_000_000...1_020_000_000).contains(latency.value(atQuantile: 0.5)))
        #expect(try test.statistics().latency?.count == 2)
    }

    @Test func aMessageThatCameAgainCountsFromItsPublish() throws {
        let test = try broker()
        let consumer = try test.consumer()
        try test.publish("a")
        try consumer.requeue(try #require(consumer.take().first), after: .seconds(3))
        test.pass(.seconds(3))
        consumer.finish(try consumer.take())

        let latency = try #require(try test.statistics(of: "c").latency)
        #expect(latency.value(atQuantile: 1) >= 2_970_000_000)
    }

    @Test func whatIsOlderThanTheWindowIsForgotten() throws {
        let test = try broker(window: .seconds(10))
        let consumer = try test.consumer()
        for _ in 0..<3 {
            try test.publish("a")
            consumer.finish(try consumer.take())
            test.pass(.seconds(4))
        }
        #expect(try test.statistics(of: "c").latency?.count == 3)
        test.pass(.seconds(5))
        #expect(try test.statistics(of: "c").latency?.count == 1)
        test.pass(.seconds(10))
        #expect(try test.statistics(of: "c").latency?.count == 0)
        #expect(try test.statistics(of: "c").latency?.value(atQuantile: 0.99) == 0)
    }

    @Test func nothingIsKeptUnlessAsked() throws {
        let test = try TestBroker()
        _ = try test.consumer()
        #expect(try test.statistics(of: "c").latency == nil)
    }

    @Test func theNearestOfThoseWhoWaitIsTold() throws {
        let test = try TestBroker()
        let consumers = try [Proximity.global, .region, .zone].map { proximity in
            let consumer = try TestConsumer(test.channel(), proximity: proximity)
            consumer.setReady(1)
            #expect(try consumer.take().isEmpty)
            return consumer
        }
        let before = consumers.map(\.notices.pumpCount)
        try test.publish("a")
        #expect(consumers[2].notices.pumpCount == before[2] + 1)
        #expect(try consumers[2].take().bodies == ["a"])
        try test.publish("b")
        #expect(consumers[1].notices.pumpCount == before[1] + 1)
        #expect(try consumers[1].take().bodies == ["b"])
        let deliveries = try test.statistics(of: "c").deliveries
        #expect([deliveries.zone, deliveries.region, deliveries.global] == [1, 1, 0])
    }
}
