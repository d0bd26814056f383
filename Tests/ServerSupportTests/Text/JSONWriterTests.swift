import NIOCore
import ServerSupport
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    private func written(_ text: String) -> String {
        var json = JSONWriter()
        json.value(text)
        return String(buffer: json.bytes)
    }

    @Test(arguments: [
        ("plain", #""plain""#), ("", #""""#),
        ("<a href=\"x\">&", #""\u003ca href=\"x\"\u003e\u0026""#),
        ("\\ \n \r \t", #""\\ \n \r \t""#),
        ("\u{0}\u{1f}\u{8}\u{c}", #""\u0000\u001f\u0008\u000c""#),
        ("\u{2028}x\u{2029}", #""\u2028x\u2029""#),
        ("\u{2027}\u{202a}\u{e9}\u{1f600}\u{7f}", "\"\u{2027}\u{202a}\u{e9}\u{1f600}\u{7f}\""),
    ])
    func escapesAsGoDoes(text: String, expected: String) {
        #expect(written(text) == expected)
    }

    @Test
    func setsCommasBetweenValuesOnly() {
        var json = JSONWriter()
        json.beginObject()
        json.key("a")
        json.beginArray()
        json.endArray()
        json.key("b")
        json.beginArray()
        json.value(1)
        json.beginObject()
        json.endObject()
        json.null()
        json.endArray()
        json.key("c")
        json.value(true)
        json.endObject()

        #expect(String(buffer: json.bytes) == #"{"a":[],"b":[1,{},null],"c":true}"#)
    }

    @Test(arguments: [(1.0, "1"), (0.999, "0.999"), (0.5, "0.5"), (Double.infinity, "null")])
    func writesNumbersWithoutNeedlessDecimals(number: Double, expected: String) {
        var json = JSONWriter()
        json.value(number)

        #expect(String(buffer: json.bytes) == expected)
    }

    @Test
    func writesTheBoundsOfIntegers() {
        var json = JSONWriter()
        json.beginArray()
        json.value(UInt64.max)
        json.value(Int64.min)
        json.endArray()

        #expect(String(buffer: json.bytes) == "[18446744073709551615,-9223372036854775808]")
    }
}
