import ServerSupport
import Testing

@Suite("Text forms")
struct TextFormsTests {
    @Test(arguments: [
        (0, "0s"), (1, "1ns"), (1100, "1.1\u{b5}s"), (2_200_000, "2.2ms"), (3_300_000_000, "3.3s"),
        (4_605_452_455, "4.605452455s"), (60_000_000_000, "1m0s"), (245_001_000_000, "4m5.001s"),
        (3_600_000_000_000, "1h0m0s"), (90_061_000_000_000, "25h1m1s"), (-1_500_000_000, "-1.5s"),
        (Int64.max, "2562047h47m16.854775807s"), (Int64.min, "-2562047h47m16.854775808s"),
    ])
    func durationReadsAsInGo(nanoseconds: Int64, text: String) {
        #expect(DurationText.text(nanoseconds: nanoseconds) == text)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
    ])
    func dateFieldFollowsTheStandard(seconds: Int64, text: String) {
        #expect(CalendarText.httpDate(seconds) == text)
    }

    @Test
    func dateFieldSurvivesAbsurdClocks() {
        #expect(CalendarText.httpDate(.max) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(CalendarText.rfc3339(.min) == "1970-01-01T00:00:00Z")
    }

    @Test
    func localTimeHasTheFormOfTheStandard() throws {
        let shape = try Regex(#"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)"#)

        #expect(CalendarText.rfc3339(1_795_233_976).wholeMatch(of: shape) != nil)
    }

    @Test
    func locationCanNotBreakOutOfItsField() {
        #expect(PercentCoding.encodePath("/config/a\r\nX: \u{e9}") == "/config/a%0D%0AX:%20%C3%A9")
        #expect(PercentCoding.encodeQuery("a=%20&b=\r\n") == "a=%20&b=%0D%0A")
    }
}
