/// What a client may ask for in IDENTIFY.
///
/// Source: `nsqd` spec 2.1.
package struct IdentifyLimits: Sendable {
    /// Shortest heartbeat interval and message timeout.
    static let shortestInterval = Duration.seconds(1)
    /// Smallest output buffer but for none, bytes.
    static let smallestOutputBuffer = 64
    /// Level of deflate when the client names none.
    static let defaultDeflateLevel: Int64 = 6

    /// `--max-heartbeat-interval`.
    package var maximumHeartbeatInterval = Duration.seconds(60)
    /// `--min-output-buffer-timeout`.
    package var minimumOutputBufferTimeout = Duration.milliseconds(25)
    /// `--max-output-buffer-timeout`.
    package var maximumOutputBufferTimeout = Duration.seconds(30)
    /// `--max-output-buffer-size`, bytes.
    package var maximumOutputBufferBytes = 65_536
    /// `--max-msg-timeout`.
    package var maximumMessageTimeout = Duration.seconds(900)
    /// `--max-deflate-level`.
    package var maximumDeflateLevel = 6
    /// Whether the server has a certificate.
    package var offersTLS = false
    /// `--deflate`.
    package var offersDeflate = false
    /// `--snappy`.
    package var offersSnappy = false

    /// The defaults of the original, without TLS and compression.
    package init() {}
}
