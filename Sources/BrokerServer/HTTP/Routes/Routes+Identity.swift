import Broker
import NIOCore
import NSQCore
import NSQWire
import ServerSupport

extension Routes {
    /// The answer to every request in the clear while `--tls-required` is on; NSQ's clients go on to the port
    /// that it names.
    ///
    /// Source: `nsqd` spec 4.7.
    func tlsRequired() -> HTTPReply {
        let text = #"{"message": "TLS_REQUIRED", "https_port": \#(server.httpsPort)}"#
        return HTTPReply(status: 403, contentType: .json, body: ByteBuffer(string: text))
    }

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
