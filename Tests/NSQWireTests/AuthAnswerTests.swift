import NSQWire
import Testing

@Suite("AuthAnswer: what an auth server grants")
struct AuthAnswerTests {
    private func decode(_ json: String) throws -> AuthAnswer {
        try Array(json.utf8).withUnsafeBytes { try AuthAnswer(json: $0) }
    }

    @Test func everyFieldIsRead() throws {
        let answer = try decode(
            #"{"ttl":60,"identity":"joe","identity_url":"http://id","authorizations":"#
                + #"[{"topic":"^t$","channels":["a","b"],"permissions":["publish","subscribe"]},{}]}"#
        )
        #expect(answer.secondsToLive == 60)
        #expect(answer.identity == "joe")
        #expect(answer.identityURL == "http://id")
        #expect(answer.authorizations.count == 2)
        #expect(answer.authorizations[0].topic == "^t$")
        #expect(answer.authorizations[0].channels == ["a", "b"])
        #expect(answer.authorizations[0].permissions == [.publish, .subscribe])
        #expect(answer.authorizations[1].permissions == [])
    }

    @Test func keysHaveAnyCaseAndUnknownOnesAreSkipped() throws {
        let answer = try decode(#"{"TTL":1,"more":[{"ttl":5}],"Identity":null}"#)
        #expect(answer.secondsToLive == 1)
        #expect(answer.authorizations.isEmpty)
    }

    @Test(arguments: [
        "", "hello", "[]", "{", #"{"ttl":60} x"#, #"{"ttl":"60"}"#, #"{"ttl":60.5}"#,
        #"{"ttl":9223372036854775808}"#, #"{"ttl":60,"authorizations":{}}"#,
        #"{"ttl":60,"authorizations":[{"channels":"a"}]}"#,
    ])
    func whatIsNoAnswerIsRefused(json: String) {
        #expect(throws: AuthAnswer.Failure.malformed) { try decode(json) }
    }

    @Test(arguments: [("{}", 0), (#"{"ttl":0}"#, 0), (#"{"ttl":-5}"#, -5), ("null", 0)])
    func timeToLiveIsAboveZero(json: String, seconds: Int64) {
        #expect(throws: AuthAnswer.Failure.invalidTTL(seconds)) { try decode(json) }
    }

    @Test func unknownPermissionSpoilsTheAnswer() {
        #expect(throws: AuthAnswer.Failure.unknownPermission("admin")) {
            try decode(#"{"ttl":1,"authorizations":[{"permissions":["publish","admin"]}]}"#)
        }
    }

    @Test func portOverTLSIsSuggestedByABody() {
        func port(_ json: String) -> Int? {
            Array(json.utf8).withUnsafeBytes(HTTPSPort.suggested)
        }
        #expect(port(#"{"message":"TLS","https_port":4152}"#) == 4152)
        #expect(port(#"{"https_port":65536}"#) == nil)
        #expect(port(#"{"https_port":"1"}"#) == nil)
        #expect(port("") == nil)
    }
}
