import NSQWire
import Testing

@Suite("Protocol line")
struct ProtocolLineTests {
    private func parts(_ text: String) -> [String] {
        Array(text.utf8).withUnsafeBytes { bytes in
            var line = ProtocolLine(bytes)
            var parts = [String(decoding: line.name, as: UTF8.self)]
            while let parameter = line.nextParameter() {
                parts.append(String(decoding: parameter, as: UTF8.self))
            }
            return parts
        }
    }

    @Test(
        arguments: [
            ("", [""]), ("NOP", ["NOP"]), ("A  B", ["A", "", "B"]), ("A ", ["A", ""]),
            (" NOP", ["", "NOP"]), ("A b c", ["A", "b", "c"]), ("  ", ["", "", ""]),
        ]
    )
    func isSplitAtEverySpace(text: String, expected: [String]) {
        #expect(parts(text) == expected)
    }

    @Test func losesOneCarriageReturnAtItsEnd() {
        #expect(parts("PUB t\r") == ["PUB", "t"])
        #expect(parts("PUB t\r\r") == ["PUB", "t\r"])
        #expect(parts("PUB \rt") == ["PUB", "\rt"])
        #expect(parts("\r") == [""])
    }
}
