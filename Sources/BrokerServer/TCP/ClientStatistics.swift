/// One client as `/stats` shows it, at one moment.
///
/// Source: `nsqd` spec 4.5.
package struct ClientStatistics: Sendable {
    /// `client_id`.
    package var clientID = ""
    /// `hostname`, as the client calls itself.
    package var hostname = ""
    /// `user_agent`.
    package var userAgent = ""
    /// `version`, of the protocol.
    package var version = "V2"
    /// `remote_address`: IP and port, `@` for a unix socket.
    package var remoteAddress = ""
    /// `state`, by the numbers of `nsqd` spec 1.5.
    package var state = 0
    /// `ready_count`.
    package var readyCount = 0
    /// `in_flight_count`.
    package var inFlightCount = 0
    /// `message_count`: messages sent to it, redeliveries included.
    package var messageCount = 0
    /// `finish_count`.
    package var finishCount = 0
    /// `requeue_count`.
    package var requeueCount = 0
    /// `connect_ts`, seconds since the Unix epoch.
    package var connectTime: Int64 = 0
    /// `sample_rate`, percent.
    package var sampleRate = 0
    /// `deflate`.
    package var deflate = false
    /// `snappy`.
    package var snappy = false
    /// `topology_zone`.
    package var topologyZone = ""
    /// `topology_region`.
    package var topologyRegion = ""
    /// `pub_counts`: messages published, by topic, in the order of the first publish.
    package var publishCounts: [(topic: String, count: UInt64)] = []
    /// `tls`.
    package var isTLS = false
    /// `tls_version`: `TLS1.0` to `TLS1.3`; empty without TLS.
    package var tlsVersion = ""
    /// `tls_cipher_suite`, by its IANA name; empty without TLS.
    package var tlsCipherSuite = ""
    /// `authed`.
    package var isAuthorized = false
    /// `auth_identity`: who the auth server says it is.
    package var authIdentity = ""
    /// `auth_identity_url`.
    package var authIdentityURL = ""

    /// A client of which nothing is known.
    package init() {}
}
