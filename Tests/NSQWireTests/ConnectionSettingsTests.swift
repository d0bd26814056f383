import NSQWire
import Testing

@Suite("Connection settings")
struct ConnectionSettingsTests {
    private let initial = ConnectionSettings(
        outputBufferTimeout: .milliseconds(250),
        messageTimeout: .seconds(60)
    )

    private func applying(
        _ limits: IdentifyLimits = IdentifyLimits(),
        _ change: (inout IdentifyRequest) -> Void
    ) throws(ProtocolError) -> ConnectionSettings {
        var request = IdentifyRequest()
        request.negotiatesFeatures = true
        change(&request)
        var settings = initial
        try settings.apply(request, within: limits)
        return settings
    }

    @Test func stayAsTheyAreWhenNothingIsAsked() throws {
        #expect(try applying { _ in } == initial)
    }

    @Test(arguments: [(1000, true), (60_000, true), (999, false), (60_001, false), (-2, false)])
    func boundTheHeartbeatInterval(milliseconds: Int64, isLegal: Bool) throws {
        guard isLegal else {
            let error = #expect(throws: ProtocolError.self) {
                try applying { $0.heartbeatMilliseconds = milliseconds }
            }
            let text = "E_BAD_BODY IDENTIFY heartbeat interval (\(milliseconds)) is invalid"
            #expect(error?.description == text)
            return
        }
        let settings = try applying { $0.heartbeatMilliseconds = milliseconds }
        #expect(settings.heartbeatInterval == .milliseconds(milliseconds))
    }

    @Test func turnOffWhatMinusOneNames() throws {
        #expect(try applying { $0.heartbeatMilliseconds = -1 }.heartbeatInterval == nil)
        #expect(try applying { $0.outputBufferMilliseconds = -1 }.outputBufferTimeout == nil)
        let unbuffered = try applying {
            $0.outputBufferMilliseconds = 1000
            $0.outputBufferBytes = -1
        }
        #expect(unbuffered.outputBufferBytes == 1)
        #expect(unbuffered.outputBufferTimeout == nil)
    }

    @Test(
        arguments: [
            (63, 0, 0, 0, "output buffer size (63)"),
            (65_537, 0, 0, 0, "output buffer size (65537)"),
            (0, 24, 0, 0, "output buffer timeout (24)"),
            (0, 30_001, 0, 0, "output buffer timeout (30001)"),
            (0, 0, 100, 0, "sample rate (100)"), (0, 0, -1, 0, "sample rate (-1)"),
            (0, 0, 0, 999, "msg timeout (999)"), (0, 0, 0, 900_001, "msg timeout (900001)"),
            (0, 0, 0, -1, "msg timeout (-1)"), (1, 1, 100, 1, "output buffer timeout (1)"),
        ] as [(Int64, Int64, Int32, Int64, String)]
    )
    func nameTheFirstFieldOutOfRange(
        size: Int64,
        timeout: Int64,
        rate: Int32,
        messageTimeout: Int64,
        text: String
    ) {
        let error = #expect(throws: ProtocolError.self) {
            try applying {
                $0.outputBufferBytes = size
                $0.outputBufferMilliseconds = timeout
                $0.sampleRate = rate
                $0.messageTimeoutMilliseconds = messageTimeout
            }
        }
        #expect(error?.description == "E_BAD_BODY IDENTIFY \(text) is invalid")
    }

    @Test func takeEveryValueAtItsBounds() throws {
        for (size, timeout, rate, message) in [(64, 25, 0, 1000), (65_536, 30_000, 99, 900_000)] {
            let settings = try applying {
                $0.outputBufferBytes = Int64(size)
                $0.outputBufferMilliseconds = Int64(timeout)
                $0.sampleRate = Int32(rate)
                $0.messageTimeoutMilliseconds = Int64(message)
            }
            #expect(settings.outputBufferBytes == size)
            #expect(settings.outputBufferTimeout == .milliseconds(timeout))
            #expect(settings.sampleRate == rate)
            #expect(settings.messageTimeout == .milliseconds(message))
        }
    }

    @Test func applyWithoutNegotiationButForFeatures() throws {
        var limits = IdentifyLimits()
        limits.offersSnappy = true
        let settings = try applying(limits) {
            $0.negotiatesFeatures = false
            $0.wantsSnappy = true
            $0.outputBufferBytes = 64
        }
        #expect(settings.outputBufferBytes == 64)
        #expect(!settings.usesSnappy)
    }

    @Test func refuseBothCompressionsOnlyWhenBothAreOffered() throws {
        var limits = IdentifyLimits()
        limits.offersSnappy = true
        let both = { (request: inout IdentifyRequest) in
            request.wantsSnappy = true
            request.wantsDeflate = true
        }

        #expect(try applying(limits, both).usesSnappy)
        limits.offersDeflate = true
        let error = #expect(throws: ProtocolError.self) { try applying(limits, both) }
        #expect(
            error?.description
                == "E_IDENTIFY_FAILED cannot enable both deflate and snappy compression"
        )
    }

    @Test(arguments: [(0, 6, 6), (-3, 6, 6), (3, 6, 3), (9, 6, 6), (9, 9, 9), (0, 4, 4)])
    func capTheLevelOfDeflate(asked: Int64, maximum: Int, level: Int) throws {
        var limits = IdentifyLimits()
        limits.maximumDeflateLevel = maximum

        #expect(try applying(limits) { $0.deflateLevel = asked }.deflateLevel == level)
    }
}
