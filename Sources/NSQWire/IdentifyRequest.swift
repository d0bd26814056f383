/// The body of IDENTIFY as the client sent it; a field that was absent or `null` has its zero value.
///
/// Decoded as Go's `encoding/json` does: keys in any case, later duplicates win, unknown keys are skipped,
/// integers without fraction and exponent, nothing behind the object. Source: `nsqd` spec 2.1.
package struct IdentifyRequest: Equatable, Sendable {
    /// `client_id`.
    package var clientID = ""
    /// `hostname`.
    package var hostname = ""
    /// `user_agent`.
    package var userAgent = ""
    /// `topology_region`.
    package var topologyRegion = ""
    /// `topology_zone`.
    package var topologyZone = ""
    /// `heartbeat_interval` in milliseconds; 0 keeps what holds, -1 turns heartbeats off.
    package var heartbeatMilliseconds: Int64 = 0
    /// `output_buffer_timeout` in milliseconds; 0 keeps what holds, -1 turns the timed flush off.
    package var outputBufferMilliseconds: Int64 = 0
    /// `output_buffer_size`; 0 keeps what holds, -1 turns buffering off.
    package var outputBufferBytes: Int64 = 0
    /// `sample_rate` in percent; 0 for no sampling.
    package var sampleRate: Int32 = 0
    /// `msg_timeout` in milliseconds; 0 keeps what holds.
    package var messageTimeoutMilliseconds: Int64 = 0
    /// `feature_negotiation`: the answer is to be JSON.
    package var negotiatesFeatures = false
    /// `tls_v1`.
    package var wantsTLS = false
    /// `deflate`.
    package var wantsDeflate = false
    /// `deflate_level`; 0 or less for the default.
    package var deflateLevel: Int64 = 0
    /// `snappy`.
    package var wantsSnappy = false

    /// The keys of the body.
    private enum Key: String {
        case clientID = "client_id"
        case hostname
        case userAgent = "user_agent"
        case topologyRegion = "topology_region"
        case topologyZone = "topology_zone"
        case heartbeatInterval = "heartbeat_interval"
        case outputBufferTimeout = "output_buffer_timeout"
        case outputBufferSize = "output_buffer_size"
        case sampleRate = "sample_rate"
        case messageTimeout = "msg_timeout"
        case featureNegotiation = "feature_negotiation"
        case tls = "tls_v1"
        case deflate
        case deflateLevel = "deflate_level"
        case snappy
    }

    /// All defaults, what a body of `null` gives.
    package init() {}

    /// Decodes `json`.
    ///
    /// - Throws: ``ProtocolError/identifyBadJSON`` for whatever is wrong with it.
    package init(json: UnsafeRawBufferPointer) throws(ProtocolError) {
        do throws(JSONScanner.Failure) {
            var scanner = JSONScanner(json)
            try scanner.object { key, scanner throws(JSONScanner.Failure) in
                try decodeValue(of: Key(rawValue: key), &scanner)
            }
            try scanner.expectEnd()
        } catch {
            throw .identifyBadJSON
        }
    }

    private mutating func decodeValue(
        of key: Key?,
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Failure) {
        guard let key else { return try scanner.skipValue() }
        if try scanner.takeNull() { return }
        switch key {
        case .clientID: clientID = try scanner.string()
        case .hostname: hostname = try scanner.string()
        case .userAgent: userAgent = try scanner.string()
        case .topologyRegion: topologyRegion = try scanner.string()
        case .topologyZone: topologyZone = try scanner.string()
        case .heartbeatInterval: heartbeatMilliseconds = try scanner.integer()
        case .outputBufferTimeout: outputBufferMilliseconds = try scanner.integer()
        case .outputBufferSize: outputBufferBytes = try scanner.integer()
        case .sampleRate:
            guard let rate = Int32(exactly: try scanner.integer()) else { throw .wrongType }
            sampleRate = rate
        case .messageTimeout: messageTimeoutMilliseconds = try scanner.integer()
        case .featureNegotiation: negotiatesFeatures = try scanner.boolean()
        case .tls: wantsTLS = try scanner.boolean()
        case .deflate: wantsDeflate = try scanner.boolean()
        case .deflateLevel: deflateLevel = try scanner.integer()
        case .snappy: wantsSnappy = try scanner.boolean()
        }
    }
}
