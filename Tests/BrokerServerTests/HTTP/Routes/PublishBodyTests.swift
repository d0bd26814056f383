import BrokerServer
import Testing

@Suite("Body of /mpub")
struct PublishBodyTests {
    private func lines(_ text: String, limit: Int = 100) -> Result<[String], PublishBody.Defect> {
        Array(text.utf8).withUnsafeBytes { body in
            Result { () throws(PublishBody.Defect) in
                try PublishBody.lines(of: body, maximumMessageBytes: limit)
                    .map { String(decoding: $0, as: UTF8.self) }
            }
        }
    }

    private func messages(_ bytes: [UInt8]) -> Result<[[UInt8]], PublishBody.Defect> {
        bytes.withUnsafeBytes { body in
            Result { () throws(PublishBody.Defect) in
                try PublishBody.messages(of: body, maximumMessageBytes: 10, maximumBodyBytes: 50)
                    .map { Array($0) }
            }
        }
    }

    @Test(arguments: [
        ("a\nbb\nccc", ["a", "bb", "ccc"]), ("\na\n\n\nb\n", ["a", "b"]), ("", []), ("\n\n", []),
        ("a\r\nb", ["a\r", "b"]),
    ])
    func splitsAtNewlinesAndSkipsEmptyLines(text: String, expected: [String]) {
        #expect(lines(text) == .success(expected))
    }

    @Test
    func refusesALineAboveTheLimit() {
        #expect(lines("ok\n0123456789", limit: 10) == .success(["ok", "0123456789"]))
        #expect(lines("ok\n01234567890", limit: 10) == .failure(.lineTooLong))
    }

    @Test
    func readsCountedMessagesAndIgnoresWhatFollows() {
        let body: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 1, 7, 0, 0, 0, 2, 8, 10, 99, 99]

        #expect(messages(body) == .success([[7], [8, 10]]))
    }

    @Test(arguments: [
        [], [0, 0], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff],
        // One more than (50 - 4) / 5.
        [0, 0, 0, 10],
    ])
    func refusesABadCount(body: [UInt8]) {
        #expect(messages(body) == .failure(.badCount))
    }

    @Test(arguments: [
        [0, 0, 0, 1], [0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 5, 1],
        [0, 0, 0, 1, 0, 0, 0, 11, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [0, 0, 0, 1, 0x80, 0, 0, 0, 1], [0, 0, 0, 2, 0, 0, 0, 1, 1], [0, 0, 0, 9, 0, 0, 0, 1, 1],
        [0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff],
    ])
    func refusesABadMessage(body: [UInt8]) {
        #expect(messages(body) == .failure(.badMessage))
    }
}
