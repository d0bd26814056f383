import DaemonSupport
import Testing

/// Goal: numbers, lengths of time and truth values have Go's syntax, and no text can trap.
@Suite struct GoValueTests {
    @Test(arguments: [
        ("0", 0), ("42", 42), ("+42", 42), ("-42", -42), ("0x10", 16), ("0XfF", 255), ("0o17", 15),
        ("017", 15), ("0b101", 5), ("1_000", 1000), ("0x_ff", 255), ("0_7", 7), ("00", 0),
        ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
        ("-0x8000000000000000", Int64.min),
    ])
    func integersOfEveryBase(_ text: String, _ number: Int64) throws {
        #expect(try GoInteger.parse(text) == number)
    }

    @Test(arguments: [
        "", "-", "+", "x", "1.5", "08", "0x", "0b2", "0o8", "1__0", "_1", "1_", "0x1_", "--1", " 1",
        "1 ", "１", "1e3", "0x_", "0b",
    ])
    func noIntegers(_ text: String) {
        #expect(throws: FlagValueError.syntax) { try GoInteger.parse(text) }
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "18446744073709551616",
        "99999999999999999999999999", "0x10000000000000000",
    ])
    func integersBeyond64Bits(_ text: String) {
        #expect(throws: FlagValueError.range) { try GoInteger.parse(text) }
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("0s", 0), ("1ns", 1), ("1us", 1000), ("1µs", 1000), ("1μs", 1000),
        ("1ms", 1_000_000), ("1m30s", 90_000_000_000), ("1.5h", 5_400_000_000_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000), ("-1.5s", -1_500_000_000), ("+1h2m3s", 3_723_000_000_000),
        ("0.1s", 100_000_000), ("0.3333333333333333333h", 1_200_000_000_000),
        ("0.830103483285477580700h", 2_988_372_539_827), ("9223372036854775807ns", Int64.max),
        ("-9223372036854775808ns", Int64.min), ("2562047h47m16.854775807s", Int64.max),
    ])
    func durations(_ text: String, _ nanoseconds: Int64) {
        #expect(GoDuration.parse(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "-", "10", "s", ".s", "+.s", "1x", "1s2", "1S", "1 s", "--1s", "1e3s", "1.2.3s",
        "9223372036854775808ns", "-9223372036854775809ns", "9223372036854775809ns", "2562048h",
        "99999999999999999999h", "2562047h47m16.854775808s", "１s",
    ])
    func noDurations(_ text: String) {
        #expect(GoDuration.parse(text) == nil)
    }

    @Test(arguments: [
        (0, "0s"), (1, "1ns"), (1100, "1.1µs"), (2_200_000, "2.2ms"), (250_000_000, "250ms"),
        (3_300_000_000, "3.3s"), (60_000_000_000, "1m0s"), (90_500_000_000, "1m30.5s"),
        (600_000_000_000, "10m0s"), (3_600_000_000_000, "1h0m0s"), (245_001_000_000, "4m5.001s"),
        (-1_500_000_000, "-1.5s"), (Int64.max, "2562047h47m16.854775807s"),
        (Int64.min, "-2562047h47m16.854775808s"),
    ])
    func durationsArePrintedAsGoPrintsThem(_ nanoseconds: Int64, _ text: String) {
        #expect(GoDuration.text(nanoseconds: nanoseconds) == text)
    }

    @Test func printedDurationsAreReadBackUnchanged() {
        // A fixed walk over numbers of every length; the constants are Knuth's MMIX generator.
        var state: UInt64 = 1
        for round in 0..<10_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Int64(bitPattern: state) >> Int64(round % 64)
            #expect(GoDuration.parse(GoDuration.text(nanoseconds: number)) == number)
        }
    }

    @Test func truthValues() {
        for word in ["1", "t", "T", "true", "TRUE", "True"] {
            #expect(GoBoolean.parse(word) == true)
        }
        for word in ["0", "f", "F", "false", "FALSE", "False"] {
            #expect(GoBoolean.parse(word) == false)
        }
        for word in ["", "yes", "tRUE", "2", "on"] { #expect(GoBoolean.parse(word) == nil) }
    }
}
