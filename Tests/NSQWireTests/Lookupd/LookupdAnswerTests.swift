import NIOCore
import NSQCore
import NSQWire
import Testing

/// What an nsqlookupd may answer, and what is not believed.
@Suite("Answers of nsqlookupd")
struct LookupdAnswerTests {
    @Test func repliesAreSplitByTheirLength() throws {
        let decoder = LookupdReplyDecoder(limit: 10)
        var input = ByteBuffer()
        input.writeBytes([0, 0, 0, 2, 0x4F, 0x4B, 0, 0, 0, 0, 0, 0])
        #expect(try decoder.nextReply(&input).map { String(buffer: $0) } == "OK")
        #expect(try decoder.nextReply(&input)?.readableBytes == 0)
        #expect(try decoder.nextReply(&input) == nil)
        input.writeBytes([0, 11])
        #expect(throws: LookupdReplyDecoder.BadLength.self) {
            try decoder.nextReply(&input)
        }
        var negative = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: LookupdReplyDecoder.BadLength.self) {
            try decoder.nextReply(&negative)
        }
    }

    @Test func anIntroductionIsRead() throws {
        let identity = try #require(
            decode(#"{"broadcast_address":"l","http_port":4161,"tcp_port":4160,"version":"1"}"#)
        )
        #expect(identity.broadcastAddress == "l")
        #expect(identity.httpPort == 4161)
        #expect(decode("{}")?.broadcastAddress.isEmpty == true)
    }

    @Test(arguments: ["", "E_INVALID", "[]", #"{"http_port":"4161"}"#, "{"])
    func whatIsNoIntroductionIsRefused(json: String) {
        #expect(decode(json) == nil)
    }

    @Test func onlyDurableChannelsAreTaken() {
        let json = #"{"channels":["b","a","a","e#ephemeral","not legal",""],"more":1}"#
        #expect(channels(json, limit: 10) == ["a", "b"])
        #expect(channels(json, limit: 1)?.count == 1)
        #expect(channels(#"{"channels":null}"#, limit: 10)?.isEmpty == true)
    }

    @Test(arguments: ["", "nope", #"{"channels":"a"}"#, #"{"channels":[1]}"#])
    func whatIsNoListIsRefused(json: String) {
        #expect(channels(json, limit: 10) == nil)
    }

    private func decode(_ json: String) -> LookupdIdentity? {
        Array(json.utf8).withUnsafeBytes { LookupdIdentity(json: $0) }
    }

    private func channels(_ json: String, limit: Int) -> Set<String>? {
        Array(json.utf8).withUnsafeBytes { ChannelListAnswer.channels(in: $0, limit: limit) }
            .map { Set($0.map(\.text)) }
    }
}
