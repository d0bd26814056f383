import Broker
import NSQCore
import NSQWire

extension Routes {
    /// `/ping`: 200 `OK` while the disk takes writes, else 500 with the last disk error.
    func ping() -> HTTPReply {
        let health = broker.health
        return .plain(health == "OK" ? 200 : 500, health)
    }

    /// `/info`.
    ///
    /// Source: `nsqd` spec 4.4.
    func identity() -> HTTPReply {
        var json = JSONWriter()
        json.beginObject()
        json.key("version")
        json.value(ServerVersion.text)
        json.key("broadcast_address")
        json.value(configuration.broadcastAddress)
        json.key("hostname")
        json.value(configuration.hostname)
        json.key("http_port")
        json.value(server.httpPort)
        json.key("tcp_port")
        json.value(server.tcpPort)
        json.key("start_time")
        json.value(server.startTime)
        json.key("max_heartbeat_interval")
        json.value(configuration.maximumHeartbeatInterval.wholeNanoseconds)
        json.key("max_output_buffer_size")
        json.value(configuration.maximumOutputBufferBytes)
        json.key("max_output_buffer_timeout")
        json.value(configuration.maximumOutputBufferTimeout.wholeNanoseconds)
        json.key("max_deflate_level")
        json.value(configuration.maximumDeflateLevel)
        json.key("topology_zone")
        json.value(configuration.topologyZone)
        json.key("topology_region")
        json.value(configuration.topologyRegion)
        json.endObject()
        return HTTPReply(status: 200, contentType: .json, body: json.bytes)
    }
}
