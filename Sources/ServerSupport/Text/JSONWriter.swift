package import NIOCore

/// Writes JSON byte for byte as Go's `encoding/json` does.
///
/// `JSONEncoder` can not take its place: dashboards and tests read the original's key order, and Go
/// escapes `<`, `>`, `&`, U+2028 and U+2029 in strings. Commas are set by the writer; closing what
/// was opened is the caller's part.
package struct JSONWriter {
    private var output = ByteBuffer()
    /// Whether a value stands before the place where the next one goes.
    private var needsComma = false

    /// A writer with nothing written.
    package init() {}

    /// What was written so far.
    package var bytes: ByteBuffer { output }

    /// Opens an object as the next value.
    package mutating func beginObject() { open("{") }

    /// Closes the object opened last.
    package mutating func endObject() { close("}") }

    /// Opens an array as the next value.
    package mutating func beginArray() { open("[") }

    /// Closes the array opened last.
    package mutating func endArray() { close("]") }

    /// Writes a key, which must need no escaping; one value must follow.
    package mutating func key(_ name: StaticString) {
        separate()
        output.writeStaticString("\"")
        output.writeStaticString(name)
        output.writeStaticString("\":")
        needsComma = false
    }

    /// Writes a key that is text; one value must follow.
    package mutating func key(_ name: String) {
        value(name)
        output.writeStaticString(":")
        needsComma = false
    }

    /// Writes a value that is JSON already.
    package mutating func encoded(_ json: [UInt8]) {
        separate()
        json.withUnsafeBytes { bytes in
            // SAFETY: the pointer is used inside this closure only, and writeBytes copies from it.
            _ = output.writeBytes(bytes)
        }
    }

    /// Writes an object that is JSON already and not empty, and leaves it open: more members may follow.
    package mutating func openedObject(_ json: [UInt8]) {
        encoded(json)
        output.moveWriterIndex(to: max(output.readerIndex, output.writerIndex - 1))
    }

    /// Writes `null`.
    package mutating func null() {
        separate()
        output.writeStaticString("null")
    }

    /// Writes a boolean.
    package mutating func value(_ flag: Bool) {
        separate()
        output.writeStaticString(flag ? "true" : "false")
    }

    /// Writes an integer.
    package mutating func value(_ number: some FixedWidthInteger) {
        separate()
        output.writeString(String(number))
    }

    /// Writes a finite number, without decimals where it has none; `null` for any other.
    package mutating func value(_ number: Double) {
        separate()
        guard number.isFinite else {
            output.writeStaticString("null")
            return
        }
        if let whole = Int64(exactly: number) {
            output.writeString(String(whole))
        } else {
            output.writeString("\(number)")
        }
    }

    /// Writes a string with Go's escapes.
    package mutating func value(_ text: String) {
        separate()
        output.writeStaticString("\"")
        var text = text
        text.withUTF8 { utf8 in
            // SAFETY: the pointer is used inside this closure only, and writeBytes copies from it.
            writeEscaped(UnsafeRawBufferPointer(utf8))
        }
        output.writeStaticString("\"")
    }

    private mutating func open(_ bracket: StaticString) {
        separate()
        output.writeStaticString(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: StaticString) {
        output.writeStaticString(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { output.writeStaticString(",") }
        needsComma = true
    }

    private mutating func writeEscaped(_ utf8: UnsafeRawBufferPointer) {
        var plainStart = 0
        var index = 0
        while index < utf8.count {
            let length = escapedLength(utf8, at: index)
            guard length > 0 else {
                index += 1
                continue
            }
            output.writeBytes(utf8[plainStart..<index])
            writeEscape(utf8, at: index)
            index += length
            plainStart = index
        }
        output.writeBytes(utf8[plainStart...])
    }

    /// How many bytes at `index` form a character that is escaped; 0 when it is not.
    private func escapedLength(_ utf8: UnsafeRawBufferPointer, at index: Int) -> Int {
        switch utf8[index] {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "&"):
            1
        case 0xe2 where isLineSeparator(utf8, at: index): 3
        default: 0
        }
    }

    /// U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
    private func isLineSeparator(_ utf8: UnsafeRawBufferPointer, at index: Int) -> Bool {
        index + 2 < utf8.count && utf8[index + 1] == 0x80 && utf8[index + 2] | 1 == 0xa9
    }

    private mutating func writeEscape(_ utf8: UnsafeRawBufferPointer, at index: Int) {
        switch utf8[index] {
        case UInt8(ascii: "\""): output.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): output.writeStaticString("\\\\")
        case UInt8(ascii: "\n"): output.writeStaticString("\\n")
        case UInt8(ascii: "\r"): output.writeStaticString("\\r")
        case UInt8(ascii: "\t"): output.writeStaticString("\\t")
        case 0xe2: output.writeString(utf8[index + 2] == 0xa8 ? "\\u2028" : "\\u2029")
        case let byte:
            let hex = String(byte, radix: 16)
            output.writeStaticString(byte < 0x10 ? "\\u000" : "\\u00")
            output.writeString(hex)
        }
    }
}
