import NSQWire
import Testing

@Suite("IDENTIFY's answer")
struct IdentifyResponseTests {
    private func response(
        _ settings: ConnectionSettings,
        zone: String = ""
    ) -> String {
        let response = IdentifyResponse(
            settings: settings,
            maximumReadyCount: 2500,
            version: "1.3.0",
            maximumMessageTimeout: .seconds(900),
            maximumDeflateLevel: 6,
            requiresAuth: false,
            topologyRegion: "",
            topologyZone: zone
        )
        return String(decoding: response.json, as: UTF8.self)
    }

    private let settings = ConnectionSettings(
        outputBufferTimeout: .milliseconds(250),
        messageTimeout: .seconds(60)
    )

    @Test func isTheOriginalsToTheByte() {
        #expect(
            response(settings)
                == #"{"max_rdy_count":2500,"version":"1.3.0","max_msg_timeout":900000,"#
                + #""msg_timeout":60000,"tls_v1":false,"deflate":false,"deflate_level":6,"#
                + #""max_deflate_level":6,"snappy":false,"sample_rate":0,"auth_required":false,"#
                + #""output_buffer_size":16384,"output_buffer_timeout":250,"#
                + #""topology_region":"","topology_zone":""}"#
        )
    }

    @Test func showsNoTimeoutAsZero() {
        var unbuffered = settings
        unbuffered.outputBufferBytes = 1
        unbuffered.outputBufferTimeout = nil

        #expect(
            response(unbuffered).contains(#""output_buffer_size":1,"output_buffer_timeout":0,"#)
        )
    }

    @Test func escapesTextsAsGoDoes() {
        let text = response(settings, zone: "a\"\\\n\u{1}<&>\u{2028}é")

        #expect(text.hasSuffix(#""topology_zone":"a\"\\\n\u0001\u003c\u0026\u003e\u2028é"}"#))
    }
}
