/// How an nsqd introduces itself to nsqlookupd, in IDENTIFY.
///
/// Source: `nsqlookupd` spec 3.2.
package struct ProducerIdentity: Hashable, Sendable {
    /// `broadcast_address`: the host that consumers are told to connect to.
    package var broadcastAddress = ""
    /// `tcp_port`: the port of protocol V2 on that host.
    package var tcpPort: Int64 = 0
    /// `http_port`: the port of the HTTP API on that host.
    package var httpPort: Int64 = 0
    /// `version`: free text.
    package var version = ""
    /// `hostname`: what the machine calls itself.
    package var hostname = ""
    /// `topology_zone`.
    package var topologyZone = ""
    /// `topology_region`.
    package var topologyRegion = ""

    /// Nothing told yet.
    package init() {}
}
