import Broker
import NIOCore
import NSQCore
import PrometheusMetrics
import ServerSupport

extension Routes {
    /// `/metrics`: everything, as Prometheus reads it.
    ///
    /// Made on the thread pool, like `/stats`.
    func metricsPage() -> HTTPAnswer {
        .blocking { [self] in
            var page = MetricsPage(now: WallClock.nanoseconds)
            page.add(
                clientCount: clients.count,
                isReady: health.reasons(health: broker.health).isEmpty,
                DiskFigures(dataPath: configuration.dataPath)
            )
            page.add(bytesAtRisk: broker.bytesAtRisk, recovery: health.recovery)
            for topic in broker.statistics(topic: nil, channel: nil) { page.add(topic) }
            for oldest in broker.oldestMessages() { page.add(oldest) }
            let text = MetricText.text(
                of: ProcessFamilies.current(program: "nsqd", startTime: server.startTime)
                    + page.families + metrics.registry.families()
            )
            return HTTPReply(status: 200, contentType: .metrics, body: ByteBuffer(string: text))
        }
    }
}
