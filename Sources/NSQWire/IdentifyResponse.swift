import NSQCore

/// The JSON answer to an IDENTIFY that negotiates features.
///
/// Source: `nsqd` spec 2.3.
package struct IdentifyResponse: Sendable {
    /// What now holds for the connection.
    package let settings: ConnectionSettings
    /// `--max-rdy-count`.
    package let maximumReadyCount: Int
    /// The version that clients compare.
    package let version: String
    /// `--max-msg-timeout`.
    package let maximumMessageTimeout: Duration
    /// `--max-deflate-level`.
    package let maximumDeflateLevel: Int
    /// Whether AUTH must follow.
    package let requiresAuth: Bool
    /// `--topology-region`.
    package let topologyRegion: String
    /// `--topology-zone`.
    package let topologyZone: String

    /// Takes the server's side of the answer.
    package init(
        settings: ConnectionSettings,
        maximumReadyCount: Int,
        version: String,
        maximumMessageTimeout: Duration,
        maximumDeflateLevel: Int,
        requiresAuth: Bool,
        topologyRegion: String,
        topologyZone: String
    ) {
        self.settings = settings
        self.maximumReadyCount = maximumReadyCount
        self.version = version
        self.maximumMessageTimeout = maximumMessageTimeout
        self.maximumDeflateLevel = maximumDeflateLevel
        self.requiresAuth = requiresAuth
        self.topologyRegion = topologyRegion
        self.topologyZone = topologyZone
    }

    /// The answer's bytes; clients of old read it by position, so keys keep the original's order.
    package var json: [UInt8] {
        let outputBufferTimeout = settings.outputBufferTimeout?.wholeMilliseconds ?? 0
        let members = [
            "\"max_rdy_count\":\(maximumReadyCount)",
            "\"version\":\(GoJSON.quote(version))",
            "\"max_msg_timeout\":\(maximumMessageTimeout.wholeMilliseconds)",
            "\"msg_timeout\":\(settings.messageTimeout.wholeMilliseconds)",
            "\"tls_v1\":\(settings.usesTLS)",
            "\"deflate\":\(settings.usesDeflate)",
            "\"deflate_level\":\(settings.deflateLevel)",
            "\"max_deflate_level\":\(maximumDeflateLevel)",
            "\"snappy\":\(settings.usesSnappy)",
            "\"sample_rate\":\(settings.sampleRate)",
            "\"auth_required\":\(requiresAuth)",
            "\"output_buffer_size\":\(settings.outputBufferBytes)",
            "\"output_buffer_timeout\":\(outputBufferTimeout)",
            "\"topology_region\":\(GoJSON.quote(topologyRegion))",
            "\"topology_zone\":\(GoJSON.quote(topologyZone))",
        ]
        return Array("{\(members.joined(separator: ","))}".utf8)
    }
}
