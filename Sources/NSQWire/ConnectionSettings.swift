import NSQCore

/// What holds for one connection, from defaults and every IDENTIFY.
///
/// Source: `nsqd` spec 2.1 and 2.2.
package struct ConnectionSettings: Equatable, Sendable {
    /// Time between heartbeats; `nil` while they are off.
    package var heartbeatInterval: Duration? = .seconds(30)
    /// Period of the timed flush; `nil` for none.
    package var outputBufferTimeout: Duration?
    /// Bytes of messages that are held back for the timed flush; 1 means that none are.
    package var outputBufferBytes = 16_384
    /// Percentage of messages that the consumer wants; 0 for all.
    package var sampleRate = 0
    /// Time after which a message that was not finished is delivered again.
    package var messageTimeout: Duration
    /// Whether the stream goes on in TLS.
    package var usesTLS = false
    /// Whether the stream goes on in deflate.
    package var usesDeflate = false
    /// Whether the stream goes on in snappy.
    package var usesSnappy = false
    /// Level of deflate, also told when it is off.
    package var deflateLevel = 6

    /// What holds before IDENTIFY.
    package init(outputBufferTimeout: Duration, messageTimeout: Duration) {
        self.outputBufferTimeout = outputBufferTimeout
        self.messageTimeout = messageTimeout
    }

    /// Applies what `request` asks for, in the order in which the original checks it.
    ///
    /// - Throws: The answer to the first field out of range; the settings are then to be thrown away.
    package mutating func apply(
        _ request: IdentifyRequest,
        within limits: IdentifyLimits
    ) throws(ProtocolError) {
        try applyHeartbeat(request.heartbeatMilliseconds, limits)
        try applyOutputBuffer(request, limits)
        guard (0...99).contains(request.sampleRate) else {
            throw .identifyInvalid("sample rate", Int64(request.sampleRate))
        }
        sampleRate = Int(request.sampleRate)
        if request.messageTimeoutMilliseconds != 0 {
            messageTimeout = try Self.duration(
                "msg timeout",
                request.messageTimeoutMilliseconds,
                from: IdentifyLimits.shortestInterval,
                to: limits.maximumMessageTimeout
            )
        }
        guard request.negotiatesFeatures else { return }
        usesTLS = request.wantsTLS && limits.offersTLS
        usesDeflate = request.wantsDeflate && limits.offersDeflate
        usesSnappy = request.wantsSnappy && limits.offersSnappy
        let wantedLevel =
            request.deflateLevel > 0 ? request.deflateLevel : IdentifyLimits.defaultDeflateLevel
        deflateLevel = Int(min(wantedLevel, Int64(limits.maximumDeflateLevel)))
        guard !(usesDeflate && usesSnappy) else { throw .identifyBothCompressions }
    }

    /// Takes over what `earlier` says of the stream, which is changed once at most.
    package mutating func keepStream(of earlier: Self) {
        usesTLS = earlier.usesTLS
        usesDeflate = earlier.usesDeflate
        usesSnappy = earlier.usesSnappy
        deflateLevel = earlier.deflateLevel
    }

    private mutating func applyHeartbeat(
        _ milliseconds: Int64,
        _ limits: IdentifyLimits
    ) throws(ProtocolError) {
        switch milliseconds {
        case -1: heartbeatInterval = nil
        case 0: break
        default:
            heartbeatInterval = try Self.duration(
                "heartbeat interval",
                milliseconds,
                from: IdentifyLimits.shortestInterval,
                to: limits.maximumHeartbeatInterval
            )
        }
    }

    private mutating func applyOutputBuffer(
        _ request: IdentifyRequest,
        _ limits: IdentifyLimits
    ) throws(ProtocolError) {
        switch request.outputBufferMilliseconds {
        case -1: outputBufferTimeout = nil
        case 0: break
        case let milliseconds:
            outputBufferTimeout = try Self.duration(
                "output buffer timeout",
                milliseconds,
                from: limits.minimumOutputBufferTimeout,
                to: limits.maximumOutputBufferTimeout
            )
        }
        switch request.outputBufferBytes {
        case -1:
            outputBufferBytes = 1
            outputBufferTimeout = nil
        case 0: break
        case let bytes:
            let smallest = Int64(IdentifyLimits.smallestOutputBuffer)
            guard bytes >= smallest, bytes <= Int64(limits.maximumOutputBufferBytes) else {
                throw .identifyInvalid("output buffer size", bytes)
            }
            outputBufferBytes = Int(bytes)
        }
    }

    private static func duration(
        _ field: String,
        _ milliseconds: Int64,
        from shortest: Duration,
        to longest: Duration
    ) throws(ProtocolError) -> Duration {
        guard milliseconds >= shortest.wholeMilliseconds,
            milliseconds <= longest.wholeMilliseconds
        else { throw .identifyInvalid(field, milliseconds) }
        return .milliseconds(milliseconds)
    }
}
