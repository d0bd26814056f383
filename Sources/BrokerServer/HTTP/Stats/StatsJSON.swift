import Broker
package import NIOCore
import ServerSupport

/// A ``StatsReport`` as JSON, with the original's key order and nulls.
///
/// Source: `nsqd` spec 4.5.
package enum StatsJSON {
    /// The whole document.
    package static func document(_ report: StatsReport, version: String) -> ByteBuffer {
        var json = JSONWriter()
        json.beginObject()
        json.key("version")
        json.value(version)
        json.key("health")
        json.value(report.health)
        json.key("start_time")
        json.value(report.startTime)
        json.key("topics")
        writeList(report.topics, to: &json, writeTopic)
        if let memory = report.memory {
            json.key("memory")
            json.beginObject()
            for (key, value) in memory.entries {
                json.key(key)
                json.value(value)
            }
            json.endObject()
        }
        json.key("producers")
        writeList(report.producers, to: &json, writeClient)
        json.endObject()
        return json.bytes
    }

    private static func writeTopic(_ topic: StatsReport.Topic, to json: inout JSONWriter) {
        json.beginObject()
        json.key("topic_name")
        json.value(topic.name)
        json.key("channels")
        writeList(topic.channels, to: &json, writeChannel)
        json.key("depth")
        json.value(topic.depth)
        json.key("backend_depth")
        json.value(topic.backendDepth)
        json.key("message_count")
        json.value(topic.messageCount)
        json.key("message_bytes")
        json.value(topic.messageBytes)
        json.key("paused")
        json.value(topic.isPaused)
        writeLatency(topic.latency, to: &json)
        json.endObject()
    }

    private static func writeChannel(_ channel: StatsReport.Channel, to json: inout JSONWriter) {
        json.beginObject()
        json.key("channel_name")
        json.value(channel.name)
        json.key("depth")
        json.value(channel.depth)
        json.key("backend_depth")
        json.value(channel.backendDepth)
        json.key("in_flight_count")
        json.value(channel.inFlightCount)
        json.key("deferred_count")
        json.value(channel.deferredCount)
        json.key("message_count")
        json.value(channel.messageCount)
        writeUnlessZero("zone_local_msg_count", channel.deliveries.zone, to: &json)
        writeUnlessZero("region_local_msg_count", channel.deliveries.region, to: &json)
        writeUnlessZero("global_msg_count", channel.deliveries.global, to: &json)
        json.key("requeue_count")
        json.value(channel.requeueCount)
        json.key("timeout_count")
        json.value(channel.timeoutCount)
        json.key("client_count")
        json.value(channel.clientCount)
        json.key("clients")
        writeList(channel.clients, to: &json, writeClient)
        json.key("paused")
        json.value(channel.isPaused)
        writeLatency(channel.latency, to: &json)
        json.endObject()
    }

    private static func writeClient(_ client: ClientStatistics, to json: inout JSONWriter) {
        json.beginObject()
        json.key("client_id")
        json.value(client.clientID)
        json.key("hostname")
        json.value(client.hostname)
        json.key("version")
        json.value(client.version)
        json.key("remote_address")
        json.value(client.remoteAddress)
        writeClientCounts(client, to: &json)
        json.key("connect_ts")
        json.value(client.connectTime)
        json.key("sample_rate")
        json.value(client.sampleRate)
        json.key("deflate")
        json.value(client.deflate)
        json.key("snappy")
        json.value(client.snappy)
        json.key("user_agent")
        json.value(client.userAgent)
        writeAuthorization(client, to: &json)
        json.key("topology_zone")
        json.value(client.topologyZone)
        json.key("topology_region")
        json.value(client.topologyRegion)
        if !client.publishCounts.isEmpty {
            json.key("pub_counts")
            writeList(client.publishCounts, to: &json) { entry, json in
                json.beginObject()
                json.key("topic")
                json.value(entry.topic)
                json.key("count")
                json.value(entry.count)
                json.endObject()
            }
        }
        writeTransport(client, to: &json)
        json.endObject()
    }

    private static func writeClientCounts(
        _ client: ClientStatistics,
        to json: inout JSONWriter
    ) {
        json.key("state")
        json.value(client.state)
        json.key("ready_count")
        json.value(client.readyCount)
        json.key("in_flight_count")
        json.value(client.inFlightCount)
        json.key("message_count")
        json.value(client.messageCount)
        json.key("finish_count")
        json.value(client.finishCount)
        json.key("requeue_count")
        json.value(client.requeueCount)
    }

    /// What an auth server said of the client; nothing where none was asked.
    private static func writeAuthorization(
        _ client: ClientStatistics,
        to json: inout JSONWriter
    ) {
        guard client.isAuthorized else { return }
        json.key("authed")
        json.value(true)
        if !client.authIdentity.isEmpty {
            json.key("auth_identity")
            json.value(client.authIdentity)
        }
        if !client.authIdentityURL.isEmpty {
            json.key("auth_identity_url")
            json.value(client.authIdentityURL)
        }
    }

    /// What TLS agreed on is empty on a connection without TLS.
    private static func writeTransport(_ client: ClientStatistics, to json: inout JSONWriter) {
        json.key("tls")
        json.value(client.isTLS)
        json.key("tls_cipher_suite")
        json.value(client.tlsCipherSuite)
        json.key("tls_version")
        json.value(client.tlsVersion)
        json.key("tls_negotiated_protocol")
        json.value("")
        json.key("tls_negotiated_protocol_is_mutual")
        json.value(client.isTLS)
    }

    /// Without figures what the original shows while no percentiles are configured.
    private static func writeLatency(_ latency: LatencyFigures?, to json: inout JSONWriter) {
        json.key("e2e_processing_latency")
        json.beginObject()
        json.key("count")
        json.value(latency?.count ?? 0)
        json.key("percentiles")
        writeList(latency?.percentiles, to: &json) { entry, json in
            json.beginObject()
            json.key("quantile")
            json.value(entry.quantile)
            json.key("value")
            json.value(entry.nanoseconds)
            json.endObject()
        }
        json.endObject()
    }

    private static func writeUnlessZero(
        _ key: StaticString,
        _ count: UInt64,
        to json: inout JSONWriter
    ) {
        guard count > 0 else { return }
        json.key(key)
        json.value(count)
    }

    /// An array of `elements`, or `null`.
    private static func writeList<Element>(
        _ elements: [Element]?,
        to json: inout JSONWriter,
        _ write: (Element, inout JSONWriter) -> Void
    ) {
        guard let elements else {
            json.null()
            return
        }
        json.beginArray()
        for element in elements { write(element, &json) }
        json.endArray()
    }
}
