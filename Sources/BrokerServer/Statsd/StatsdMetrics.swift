package import Broker
import NSQCore
package import ServerSupport

/// The lines of each push: gauges as they are, counters as what came since the last push.
///
/// Source: `nsqd` spec 8.
package struct StatsdMetrics {
    private let prefix: String
    private let excludesEphemeral: Bool
    private let quantiles: [Double]
    /// Counters at the last push, by metric.
    private var last: [String: UInt64] = [:]

    /// Metrics under `prefix`, which ends with its dot.
    package init(prefix: String, excludesEphemeral: Bool, quantiles: [Double]) {
        self.prefix = prefix
        self.excludesEphemeral = excludesEphemeral
        self.quantiles = quantiles
    }

    /// The lines of one push, each with its newline, in the original's order.
    package mutating func lines(
        of topics: [TopicStatistics],
        memory: MemoryStatistics?
    ) -> [String] {
        var push = Push(prefix: prefix, last: last)
        for topic in topics where isShown(TopicName(topic.name)?.isEphemeral) {
            append(topic, to: &push)
        }
        for (key, value) in memory?.entries ?? [] {
            // The original has one name for it here and another in `/stats`.
            if "\(key)" == "gc_total_runs" {
                push.counter("mem.gc_runs", value)
            } else {
                push.gauge("mem.\(key)", Int64(clamping: value))
            }
        }
        last = push.seen
        return push.lines
    }

    private func isShown(_ isEphemeral: Bool?) -> Bool {
        !(excludesEphemeral && isEphemeral == true)
    }

    private func append(_ topic: TopicStatistics, to push: inout Push) {
        let name = "topic.\(topic.name)."
        push.counter("\(name)message_count", topic.messageCount)
        push.counter("\(name)message_bytes", topic.messageBytes)
        push.gauge("\(name)depth", topic.depth)
        push.gauge("\(name)backend_depth", topic.backendDepth)
        append(topic.latency, under: name, to: &push)
        for channel in topic.channels where isShown(ChannelName(channel.name)?.isEphemeral) {
            append(channel, under: "\(name)channel.\(channel.name).", to: &push)
        }
    }

    private func append(
        _ channel: ChannelStatistics,
        under name: String,
        to push: inout Push
    ) {
        push.counter("\(name)message_count", channel.messageCount)
        push.gauge("\(name)depth", channel.depth)
        push.gauge("\(name)backend_depth", channel.backendDepth)
        push.gauge("\(name)in_flight_count", channel.inFlightCount)
        push.gauge("\(name)deferred_count", channel.deferredCount)
        push.counter("\(name)requeue_count", channel.requeueCount)
        push.counter("\(name)timeout_count", channel.timeoutCount)
        push.gauge("\(name)clients", Int64(channel.consumers.count))
        append(channel.latency, under: name, to: &push)
    }

    private func append(
        _ distribution: LatencyDistribution?,
        under name: String,
        to push: inout Push
    ) {
        let figures = LatencyFigures(distribution, quantiles: quantiles)
        for (quantile, nanoseconds) in figures?.percentiles ?? [] {
            let percent = Int((quantile * 100).rounded())
            let value = Int64(clamping: nanoseconds)
            push.gauge("\(name)e2e_processing_latency_\(percent)", value)
        }
    }

    /// The lines that one push has so far.
    private struct Push {
        let prefix: String
        let last: [String: UInt64]
        var seen: [String: UInt64] = [:]
        var lines: [String] = []

        mutating func gauge(_ name: String, _ value: Int64) {
            lines.append("\(prefix)\(name):\(value)|g\n")
        }

        /// A counter that fell belongs to a topic or channel that was made again: it began at 0.
        mutating func counter(_ name: String, _ value: UInt64) {
            let before = last[name] ?? 0
            seen[name] = value
            lines.append("\(prefix)\(name):\(value >= before ? value - before : value)|c\n")
        }
    }
}
