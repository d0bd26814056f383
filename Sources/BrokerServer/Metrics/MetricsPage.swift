import Broker
import DiskQueue
import PrometheusMetrics

/// The families that `/metrics` shows, each declared once with what it means.
///
/// Counters count since the start of the process.
struct MetricsPage {
    private typealias Labels = [(name: String, value: String)]

    /// Wall-clock time, nanoseconds since the Unix epoch.
    let now: Int64

    private var ready = MetricFamily("nsqd_ready", .gauge, "1 while /readyz answers 200.")
    private var clients = MetricFamily("nsqd_clients", .gauge, "Clients connected over TCP.")
    private var atRisk = MetricFamily(
        "nsqd_store_bytes_at_risk",
        .gauge,
        "Bytes acknowledged and not yet synced: what a power loss could take."
    )
    private var diskFree = MetricFamily(
        "nsqd_store_disk_free_bytes",
        .gauge,
        "Free bytes of the data path's file system."
    )
    private var diskSize = MetricFamily(
        "nsqd_store_disk_size_bytes",
        .gauge,
        "Size of the data path's file system."
    )
    private var recovered = MetricFamily(
        "nsqd_recovery_clean",
        .gauge,
        "1 when the start found everything as expected."
    )
    private var lost = MetricFamily(
        "nsqd_recovery_lost_messages",
        .gauge,
        "Messages in damaged places of the store, found at the start."
    )
    private var torn = MetricFamily(
        "nsqd_recovery_torn_bytes",
        .gauge,
        "Bytes of publishes that were never acknowledged, cut at the start."
    )

    private var topicDepth = MetricFamily(
        "nsqd_topic_depth",
        .gauge,
        "Messages that wait in the topic itself."
    )
    private var topicMessages = MetricFamily(
        "nsqd_topic_messages_total",
        .counter,
        "Messages published to the topic."
    )
    private var topicBytes = MetricFamily(
        "nsqd_topic_message_bytes_total",
        .counter,
        "Bytes of their bodies."
    )
    private var topicPaused = MetricFamily("nsqd_topic_paused", .gauge, "1 while it is paused.")
    private var topicAge = MetricFamily(
        "nsqd_topic_oldest_message_age_seconds",
        .gauge,
        "Age of the oldest message that waits in the topic itself."
    )

    private var depth = MetricFamily(
        "nsqd_channel_depth",
        .gauge,
        "Messages that wait to be delivered."
    )
    private var inFlight = MetricFamily(
        "nsqd_channel_in_flight",
        .gauge,
        "Messages delivered and not finished."
    )
    private var deferred = MetricFamily(
        "nsqd_channel_deferred",
        .gauge,
        "Messages that wait for their time."
    )
    private var messages = MetricFamily(
        "nsqd_channel_messages_total",
        .counter,
        "Messages the channel received."
    )
    private var requeues = MetricFamily("nsqd_channel_requeues_total", .counter, "Requeues.")
    private var timeouts = MetricFamily(
        "nsqd_channel_timeouts_total",
        .counter,
        "Messages whose time in flight ran out."
    )
    private var consumers = MetricFamily(
        "nsqd_channel_consumers",
        .gauge,
        "Consumers subscribed to the channel."
    )
    private var paused = MetricFamily("nsqd_channel_paused", .gauge, "1 while it is paused.")
    private var age = MetricFamily(
        "nsqd_channel_oldest_message_age_seconds",
        .gauge,
        "Age of the oldest message not finished: queued, deferred or in flight."
    )

    /// An empty page, made at `now`.
    init(now: Int64) { self.now = now }

    /// All families.
    var families: [MetricFamily] {
        [
            ready, clients, atRisk, diskFree, diskSize, recovered,
            lost,
            torn, topicDepth, topicMessages, topicBytes, topicPaused, topicAge, depth, inFlight,
            deferred, messages, requeues, timeouts, consumers, paused, age,
        ]
    }

    /// Adds what is known of the daemon itself.
    mutating func add(clientCount: Int, isReady: Bool, _ disk: DiskFigures?) {
        ready.add(isReady ? 1 : 0)
        clients.add(Double(clientCount))
        guard let disk else { return }
        diskFree.add(Double(disk.freeBytes))
        diskSize.add(Double(disk.bytes))
    }

    /// Adds what is known of the store.
    mutating func add(bytesAtRisk: Int, recovery: RecoveryReport?) {
        atRisk.add(Double(bytesAtRisk))
        recovered.add(recovery?.isClean ?? true ? 1 : 0)
        let topics = recovery?.topics ?? []
        lost.add(topics.reduce(0) { $0 + Double($1.lostMessages) })
        torn.add(topics.reduce(0) { $0 + Double($1.tornBytes) })
    }

    /// Adds a topic with its channels.
    mutating func add(_ topic: TopicStatistics) {
        let labels: Labels = [(name: "topic", value: topic.name)]
        topicDepth.add(Double(topic.depth), labels)
        topicMessages.add(Double(topic.messageCount), labels)
        topicBytes.add(Double(topic.messageBytes), labels)
        topicPaused.add(topic.isPaused ? 1 : 0, labels)
        for channel in topic.channels {
            let labels = labels + [(name: "channel", value: channel.name)]
            depth.add(Double(channel.depth), labels)
            inFlight.add(Double(channel.inFlightCount), labels)
            deferred.add(Double(channel.deferredCount), labels)
            messages.add(Double(channel.messageCount), labels)
            requeues.add(Double(channel.requeueCount), labels)
            timeouts.add(Double(channel.timeoutCount), labels)
            consumers.add(Double(channel.consumers.count), labels)
            paused.add(channel.isPaused ? 1 : 0, labels)
        }
    }

    /// Adds the age of a message.
    mutating func add(_ oldest: OldestMessage) {
        let seconds = max(0, Double(now - oldest.timestamp) / 1e9)
        let labels: Labels = [(name: "topic", value: oldest.topic)]
        if let channel = oldest.channel {
            age.add(seconds, labels + [(name: "channel", value: channel)])
        } else {
            topicAge.add(seconds, labels)
        }
    }
}
