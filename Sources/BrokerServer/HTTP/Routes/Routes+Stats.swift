import Broker
import NIOCore
import NSQCore
import ServerSupport

extension Routes {
    /// `/stats`.
    ///
    /// Source: `nsqd` spec 4.5.
    ///
    /// Made on the thread pool: ten thousand topics are ordinary, and an event loop has better to
    /// do.
    func statistics(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let parameters = try request.parameters()
        return .blocking { [self] in
            let report = report(parameters)
            if parameters["format"] == "json" {
                let document = StatsJSON.document(report, version: ServerVersion.text)
                return HTTPReply(status: 200, contentType: .json, body: document)
            }
            let page = StatsText.page(report, version: ServerVersion.line)
            return HTTPReply(status: 200, contentType: .text, body: ByteBuffer(string: page))
        }
    }

    private func report(_ parameters: QueryParameters) -> StatsReport {
        let topic = parameters["topic"].flatMap { $0.isEmpty ? nil : $0 }
        let channel = parameters["channel"].flatMap { $0.isEmpty ? nil : $0 }
        let includesClients = parameters.isOn("include_clients")
        var report = StatsReport()
        report.health = broker.health
        report.startTime = server.startTime
        report.uptime = (NIODeadline.now() - server.startInstant).nanoseconds
        report.now = WallClock.seconds
        if parameters.isOn("include_mem") { report.memory = .current() }
        if let topic, TopicName(topic).flatMap(broker.existingTopic) == nil { return report }
        report.topics = broker.statistics(topic: topic, channel: channel).map {
            shown($0, includesClients: includesClients, publishedTo: topic)
        }
        if includesClients {
            let producers = clients.all.map { $0.statistics() }.filter { !$0.publishCounts.isEmpty }
            if !producers.isEmpty {
                report.producers = producers.map { Self.shown($0, publishedTo: topic) }
            }
        }
        return report
    }

    private func shown(
        _ statistics: TopicStatistics,
        includesClients: Bool,
        publishedTo filter: String?
    ) -> StatsReport.Topic {
        var topic = StatsReport.Topic()
        topic.name = statistics.name
        topic.depth = statistics.depth
        topic.backendDepth = statistics.backendDepth
        topic.messageCount = statistics.messageCount
        topic.messageBytes = statistics.messageBytes
        topic.isPaused = statistics.isPaused
        let quantiles = configuration.latencyQuantiles
        topic.latency = LatencyFigures(statistics.latency, quantiles: quantiles)
        topic.channels = statistics.channels.map {
            shown($0, includesClients: includesClients, publishedTo: filter)
        }
        return topic
    }

    private func shown(
        _ statistics: ChannelStatistics,
        includesClients: Bool,
        publishedTo filter: String?
    ) -> StatsReport.Channel {
        var channel = StatsReport.Channel()
        channel.name = statistics.name
        channel.depth = statistics.depth
        channel.backendDepth = statistics.backendDepth
        channel.inFlightCount = statistics.inFlightCount
        channel.deferredCount = statistics.deferredCount
        channel.messageCount = statistics.messageCount
        channel.deliveries = statistics.deliveries
        channel.requeueCount = statistics.requeueCount
        channel.timeoutCount = statistics.timeoutCount
        channel.isPaused = statistics.isPaused
        let quantiles = configuration.latencyQuantiles
        channel.latency = LatencyFigures(statistics.latency, quantiles: quantiles)
        channel.clientCount = statistics.consumers.count
        if includesClients {
            channel.clients = statistics.consumers.compactMap { consumer in
                clients.record(of: consumer).map {
                    Self.shown($0.statistics(), publishedTo: filter)
                }
            }
        }
        return channel
    }

    /// With a topic filter a client shows only what it published there.
    private static func shown(
        _ statistics: ClientStatistics,
        publishedTo filter: String?
    ) -> ClientStatistics {
        guard let filter else { return statistics }
        var shown = statistics
        shown.publishCounts.removeAll { $0.topic != filter }
        return shown
    }
}
