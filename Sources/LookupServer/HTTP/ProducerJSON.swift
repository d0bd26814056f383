import NIOCore
import NSQCore
import ServerSupport

/// A producer as answers show it.
///
/// Source: `nsqlookupd` spec 7.2.
enum ProducerJSON {
    /// A producer as a JSON object, its fields in the original's order.
    static func object(of producer: ProducerIdentity, remoteAddress: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("remote_address")
        json.value(remoteAddress)
        json.key("hostname")
        json.value(producer.hostname)
        json.key("broadcast_address")
        json.value(producer.broadcastAddress)
        json.key("tcp_port")
        json.value(producer.tcpPort)
        json.key("http_port")
        json.value(producer.httpPort)
        json.key("version")
        json.value(producer.version)
        json.key("topology_zone")
        json.value(producer.topologyZone)
        json.key("topology_region")
        json.value(producer.topologyRegion)
        json.endObject()
        return Array(json.bytes.readableBytesView)
    }
}
