import NSQWire
import Testing

@Suite("Decimal number")
struct DecimalNumberTests {
    @Test(
        arguments: [
            ("", 0), ("0", 0), ("7", 7), ("0042", 42), ("18446744073709551615", .max),
            ("18446744073709551616", 0), ("18446744073709551618", 2),
            (String(repeating: "9", count: 300), parseByHand(String(repeating: "9", count: 300))),
        ] as [(String, UInt64)]
    )
    func readsDigitsModuloTwoToThe64(text: String, value: UInt64) {
        let number = Array(text.utf8).withUnsafeBytes { DecimalNumber.parse($0) }

        #expect(number == value)
    }

    @Test(arguments: ["-1", "+1", "1.5", "1e3", " 1", "1 ", "0x1", "a", "\u{663}", "1\r", "/", ":"])
    func refusesEverythingButDigits(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { DecimalNumber.parse($0) } == nil)
    }

    private static func parseByHand(_ text: String) -> UInt64 {
        text.utf8.reduce(0) { $0 &* 10 &+ UInt64($1 - 48) }
    }
}
