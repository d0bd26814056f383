import NSQWire
import Testing

@Suite("Go-quoted text")
struct GoQuotedTests {
    private func quote(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { String(decoding: GoQuoted.quote($0), as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("", #""""#), ("bad$topic", #""bad$topic""#), (#"a"b\c"#, #""a\"b\\c""#),
            ("\u{7}\u{8}\u{C}\n\r\t\u{B}", #""\a\b\f\n\r\t\v""#), ("\u{1}\u{7F}", #""\x01\x7f""#),
            ("naïve ☃ 😀", #""naïve ☃ 😀""#), ("\u{85}\u{A0}\u{200B}", #""\u0085\u00a0\u200b""#),
            ("\u{E000}\u{10FFFF}", #""\ue000\U0010ffff""#), ("\u{FFFD}", #""\#u{FFFD}""#),
        ]
    )
    func followsGosRules(text: String, expected: String) {
        #expect(quote(Array(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            ([0xFF], #""\xff""#), ([0x61, 0x80, 0x62], #""a\x80b""#),
            ([0xE2, 0x98], #""\xe2\x98""#),
            ([0xC0, 0x80], #""\xc0\x80""#), ([0xED, 0xA0, 0x80], #""\xed\xa0\x80""#),
            ([0xF4, 0x90, 0x80, 0x80], #""\xf4\x90\x80\x80""#),
        ] as [([UInt8], String)]
    )
    func showsEveryByteThatIsNoUTF8(bytes: [UInt8], expected: String) {
        #expect(quote(bytes) == expected)
    }
}
