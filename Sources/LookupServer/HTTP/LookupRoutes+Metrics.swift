import Lookup
import NIOCore
import PrometheusMetrics
import ServerSupport

extension LookupRoutes {
    /// `/metrics`: everything, as Prometheus reads it.
    func metricsPage() -> HTTPReply {
        let counts = db.counts()
        let families =
            ProcessFamilies.current(program: "nsqlookupd", startTime: startTime) + [
                Self.gauge("ready", isReady() ? 1 : 0, "1 while /readyz answers 200."),
                Self.gauge("producers", counts.producers, "Connected producers."),
                Self.gauge(
                    "producers_remembered",
                    counts.remembered,
                    "Producers known from before the start that have not come back."
                ),
                Self.gauge("topics", counts.topics, "Topics known by name."),
                Self.gauge("channels", counts.channels, "Channels known by topic and name."),
                Self.gauge(
                    "registrations",
                    counts.registrations,
                    "Topics and channels that producers have registered, each for itself."
                ),
            ]
        let text = MetricText.text(of: families + metrics.registry.families())
        return HTTPReply(status: 200, contentType: .metrics, body: ByteBuffer(string: text))
    }

    private static func gauge(_ name: String, _ value: Int, _ help: String) -> MetricFamily {
        var family = MetricFamily("nsqlookupd_\(name)", .gauge, help)
        family.add(Double(value))
        return family
    }
}
