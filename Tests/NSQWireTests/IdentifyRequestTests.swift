import NSQWire
import Testing

@Suite("IDENTIFY's body")
struct IdentifyRequestTests {
    private func decode(_ text: String) throws -> IdentifyRequest {
        try decode(Array(text.utf8))
    }

    private func decode(_ bytes: [UInt8]) throws -> IdentifyRequest {
        try bytes.withUnsafeBytes { try IdentifyRequest(json: $0) }
    }

    @Test func fillsEveryField() throws {
        let request = try decode(
            """
            {"client_id":"c","hostname":"h","user_agent":"u","topology_region":"r",
             "topology_zone":"z","heartbeat_interval":1,"output_buffer_timeout":-1,
             "output_buffer_size":3,"sample_rate":4,"msg_timeout":5,"feature_negotiation":true,
             "tls_v1":true,"deflate":true,"deflate_level":6,"snappy":true}
            """
        )

        var expected = IdentifyRequest()
        expected.clientID = "c"
        expected.hostname = "h"
        expected.userAgent = "u"
        expected.topologyRegion = "r"
        expected.topologyZone = "z"
        expected.heartbeatMilliseconds = 1
        expected.outputBufferMilliseconds = -1
        expected.outputBufferBytes = 3
        expected.sampleRate = 4
        expected.messageTimeoutMilliseconds = 5
        expected.negotiatesFeatures = true
        expected.wantsTLS = true
        expected.wantsDeflate = true
        expected.deflateLevel = 6
        expected.wantsSnappy = true
        #expect(request == expected)
    }

    @Test(arguments: ["null", "{}", " \t\r\n{ } \n", #"{"client_id":null,"msg_timeout":null}"#])
    func isAllDefaultsWhenItSaysNothing(text: String) throws {
        #expect(try decode(text) == IdentifyRequest())
    }

    @Test func matchesKeysInAnyCase() throws {
        #expect(try decode(#"{"Client_ID":"a"}"#).clientID == "a")
        #expect(try decode(#"{"CLIENT_ID":"a"}"#).clientID == "a")
        #expect(try decode(#"{"\u0053nappy":true}"#).wantsSnappy)
        #expect(try decode(#"{"ſnappy":true}"#).wantsSnappy)
    }

    @Test func takesTheLastOfEqualKeysAndPassesOverNull() throws {
        #expect(try decode(#"{"hostname":"a","HostName":"b"}"#).hostname == "b")
        #expect(
            try decode(#"{"msg_timeout":5,"msg_timeout":null}"#).messageTimeoutMilliseconds == 5
        )
    }

    @Test func skipsWhatItDoesNotKnow() throws {
        let text = #"{"x":[1,{"a":null,"b":[]},"]}",-1.5e+3,true],"":{},"hostname":"h","y":false}"#

        #expect(try decode(text).hostname == "h")
    }

    @Test func resolvesEscapesAndRepairsWhatIsNoUnicode() throws {
        #expect(
            try decode(#"{"hostname":"\"\\\/\b\f\n\r\tA\u00e9"}"#).hostname
                == "\"\\/\u{8}\u{C}\n\r\tAé"
        )
        #expect(try decode(#"{"hostname":"\ud83d\ude00"}"#).hostname == "😀")
        #expect(
            try decode(#"{"hostname":"\ud83dx\ude00\ud83d\u0041"}"#).hostname
                == "\u{FFFD}x\u{FFFD}\u{FFFD}A"
        )
        let broken = Array(#"{"hostname":"a"#.utf8) + [0xFF] + Array(#"b"}"#.utf8)
        #expect(try decode(broken).hostname == "a\u{FFFD}b")
    }

    @Test(
        arguments: [
            ("-9223372036854775808", Int64.min), ("9223372036854775807", .max), ("-0", 0),
        ]
    )
    func takesEveryIntegerOf64Bits(text: String, value: Int64) throws {
        #expect(try decode("{\"deflate_level\":\(text)}").deflateLevel == value)
    }

    @Test(
        arguments: [
            "", " ", "not json", "[]", "1", "true", "\"\"", "nul", "nullx", "{", "{}x", "{} {}",
            "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{\"a\":01}",
            "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":[1,]}",
            "{\"a\":[}", "{\"a\":{]}", "{\"a\":tru}", "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u12", "{\"a\":\"x", "{\"a\" 1}", "{\"a\":1 2}",
            "\u{FEFF}{}",
        ]
    )
    func refusesWhatIsNoJSONObject(text: String) {
        #expect(throws: ProtocolError.identifyBadJSON) { try decode(text) }
    }

    @Test(
        arguments: [
            #"{"heartbeat_interval":"1000"}"#, #"{"heartbeat_interval":1000.5}"#,
            #"{"heartbeat_interval":1e3}"#, #"{"heartbeat_interval":true}"#,
            #"{"heartbeat_interval":[]}"#, #"{"heartbeat_interval":9223372036854775808}"#,
            #"{"sample_rate":2147483648}"#, #"{"client_id":1}"#, #"{"client_id":{}}"#,
            #"{"snappy":1}"#, #"{"snappy":"true"}"#,
        ]
    )
    func refusesAValueOfAnotherType(text: String) {
        #expect(throws: ProtocolError.identifyBadJSON) { try decode(text) }
    }

    @Test func boundsNestingWithoutRecursion() throws {
        let deep = { (depth: Int) in
            "{\"x\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
                + "}"
        }

        _ = try decode(deep(9_999))
        #expect(throws: ProtocolError.identifyBadJSON) { try decode(deep(1_000_000)) }
    }

    @Test func survivesEveryPrefixOfItself() {
        let text =
            #"{"a":[1,{"b":"\u00e9\ud83d\ude00"},null,-1.5e-3],"snappy":true,"client_id":"x"}"#
        for length in 0..<text.utf8.count {
            #expect(throws: ProtocolError.identifyBadJSON) {
                try decode(Array(text.utf8.prefix(length)))
            }
        }
    }
}
