import Broker
import BrokerServer
import NIOCore
import Testing

/// Goal: each push says what the original's would, and fits its datagrams.
@Suite("statsd")
struct StatsdMetricsTests {
    private func metrics(excludesEphemeral: Bool = false) -> StatsdMetrics {
        StatsdMetrics(prefix: "p.", excludesEphemeral: excludesEphemeral, quantiles: [])
    }

    @Test func countersAreWhatCameSinceTheLastPush() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        var metrics = metrics()
        func push() -> [String] {
            metrics.lines(of: daemon.broker.statistics(topic: nil, channel: nil), memory: nil)
        }
        try connection.send("PUB t\n\u{0}\u{0}\u{0}\u{2}ab")
        #expect(
            push() == [
                "p.topic.t.message_count:1|c\n", "p.topic.t.message_bytes:2|c\n",
                "p.topic.t.depth:1|g\n", "p.topic.t.backend_depth:0|g\n",
            ]
        )
        #expect(
            push().prefix(2) == ["p.topic.t.message_count:0|c\n", "p.topic.t.message_bytes:0|c\n"]
        )

        try connection.send("SUB t c\n")
        #expect(push().contains("p.topic.t.channel.c.clients:1|g\n"))
    }

    @Test func aTopicThatWasMadeAgainCountsFromZero() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        var metrics = metrics()
        try connection.send("PUB t\n\u{0}\u{0}\u{0}\u{1}aPUB t\n\u{0}\u{0}\u{0}\u{1}a")
        _ = metrics.lines(of: daemon.broker.statistics(topic: nil, channel: nil), memory: nil)
        let topics = daemon.broker.statistics(topic: nil, channel: nil).map { topic in
            var again = topic
            again.messageCount = 1
            return again
        }
        #expect(metrics.lines(of: topics, memory: nil).first == "p.topic.t.message_count:1|c\n")
    }

    @Test func ephemeralOnesAreLeftOutWhenAsked() throws {
        let daemon = try TestDaemon()
        try daemon.connect().send("SUB t#ephemeral c\n")
        try daemon.connect().send("SUB t c#ephemeral\n")
        let topics = daemon.broker.statistics(topic: nil, channel: nil)
        var all = metrics()
        var some = metrics(excludesEphemeral: true)
        #expect(all.lines(of: topics, memory: nil).contains { $0.contains("#ephemeral") })
        let left = some.lines(of: topics, memory: nil)
        #expect(!left.contains { $0.contains("#ephemeral") } && left.count == 4)
    }

    @Test func noDatagramIsLongerThanAskedAndNoneSplitsALine() {
        let lines =
            (0..<50).map { "metric.\($0):1|c\n" } + [String(repeating: "x", count: 200) + "\n"]
        let packets = StatsdPackets.pack(lines, size: 100)
        #expect(packets.map { String(buffer: $0) }.joined() == lines.joined())
        #expect(packets.allSatisfy { $0.readableBytes <= 100 || $0.readableBytes == 201 })
        #expect(packets.count < 15)
        #expect(StatsdPackets.pack(lines, size: 0).count == 1)
        #expect(StatsdPackets.pack([], size: 508).isEmpty)
    }
}
