import BrokerServer

/// A report with one of everything, as the original's sample in the spec has it.
enum StatsFixture {
    /// A topic with a paused channel, a consumer and a producer; memory left out.
    static func report() -> StatsReport {
        var channel = StatsReport.Channel()
        channel.name = "c"
        channel.depth = 4
        channel.inFlightCount = 1
        channel.messageCount = 3
        channel.clientCount = 1
        channel.clients = [client(port: 44_390, state: 3)]
        channel.isPaused = true
        var topic = StatsReport.Topic()
        topic.name = "s.t"
        topic.channels = [channel]
        topic.messageCount = 3
        topic.messageBytes = 9
        var report = StatsReport()
        report.startTime = 1_795_233_976
        report.uptime = 4_605_452_455
        report.now = 1_795_233_981
        report.topics = [topic]
        var producer = client(port: 44_374, state: 0)
        producer.publishCounts = [("s.t", 3), ("u", 1)]
        report.producers = [producer]
        return report
    }

    private static func client(port: Int, state: Int) -> ClientStatistics {
        var client = ClientStatistics()
        client.clientID = "cid"
        client.hostname = "hn"
        client.userAgent = "ua/1.0"
        client.remoteAddress = "127.0.0.1:\(port)"
        client.state = state
        client.readyCount = 1
        client.inFlightCount = 1
        client.messageCount = 3
        client.finishCount = 2
        client.connectTime = 1_795_233_976
        return client
    }
}
