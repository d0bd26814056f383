package import Broker
package import ServerSupport

/// What `/stats` shows, gathered once and then written as JSON or text.
///
/// Source: `nsqd` spec 4.5.
package struct StatsReport: Sendable {
    /// One topic.
    package struct Topic: Sendable {
        /// Its name.
        package var name = ""
        /// Those asked for, by name.
        package var channels: [Channel] = []
        /// Messages that wait in the topic itself.
        package var depth: Int64 = 0
        /// Those of ``depth`` beyond `--mem-queue-size`.
        package var backendDepth: Int64 = 0
        /// Messages published since the process started.
        package var messageCount: UInt64 = 0
        /// Bytes of their bodies.
        package var messageBytes: UInt64 = 0
        /// Whether it is paused.
        package var isPaused = false
        /// Latencies; `nil` when none are configured.
        package var latency: LatencyFigures?

        /// A nameless topic with nothing in it.
        package init() {}
    }

    /// One channel of a topic.
    package struct Channel: Sendable {
        /// Its name.
        package var name = ""
        /// Messages that wait to be delivered.
        package var depth: Int64 = 0
        /// Those of ``depth`` beyond `--mem-queue-size`.
        package var backendDepth: Int64 = 0
        /// Messages delivered, and neither finished nor timed out.
        package var inFlightCount: Int64 = 0
        /// Messages deferred.
        package var deferredCount: Int64 = 0
        /// Messages received from the topic since the process started.
        package var messageCount: UInt64 = 0
        /// Messages delivered by how near their consumer is; each is left out while 0.
        package var deliveries = ProximityCounts()
        /// Requeues since the process started.
        package var requeueCount: UInt64 = 0
        /// Timeouts since the process started.
        package var timeoutCount: UInt64 = 0
        /// Consumers, whether or not ``clients`` lists them.
        package var clientCount = 0
        /// The consumers; `nil` when they were not asked for.
        package var clients: [ClientStatistics]?
        /// Whether it is paused.
        package var isPaused = false
        /// Latencies; `nil` when none are configured.
        package var latency: LatencyFigures?

        /// A nameless channel with nothing in it.
        package init() {}
    }

    /// `OK` or `NOK - ` and the last disk error.
    package var health = "OK"
    /// When the daemon started, in Unix seconds.
    package var startTime: Int64 = 0
    /// Nanoseconds since then, by a clock that does not jump.
    package var uptime: Int64 = 0
    /// Unix seconds when the report was made.
    package var now: Int64 = 0
    /// Those asked for, by name; `nil` when a topic was named that does not exist.
    package var topics: [Topic]?
    /// Clients that have published; `nil` when there are none or they were not asked for.
    package var producers: [ClientStatistics]?
    /// `nil` when it was not asked for.
    package var memory: MemoryStatistics?

    /// A report of nothing.
    package init() {}
}
