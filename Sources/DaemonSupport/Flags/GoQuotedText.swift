/// Text in double quotes as Go's `strconv.Quote` writes it.
///
/// Refused flags and log fields show foreign text this way: nothing in it can end the line or the
/// quotes.
package enum GoQuotedText {
    /// `text` in quotes, everything that is not printable escaped.
    package static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            default: append(scalar, to: &quoted)
            }
        }
        return quoted + "\""
    }

    /// Appends `scalar`, escaped unless it is printable; quotes and backslashes stay as they are.
    static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        if isPrintable(scalar) {
            text.unicodeScalars.append(scalar)
            return
        }
        switch scalar.value {
        case 0x07: text += "\\a"
        case 0x08: text += "\\b"
        case 0x09: text += "\\t"
        case 0x0a: text += "\\n"
        case 0x0b: text += "\\v"
        case 0x0c: text += "\\f"
        case 0x0d: text += "\\r"
        case ..<0x80: text += "\\x" + hex(scalar.value, digits: 2)
        case ...0xffff: text += "\\u" + hex(scalar.value, digits: 4)
        default: text += "\\U" + hex(scalar.value, digits: 8)
        }
    }

    private static func hex(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// Letters, marks, numbers, punctuation, symbols and the plain space, as Go's
    /// `unicode.IsPrint`.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7e).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator,
            .lineSeparator, .paragraphSeparator:
            return false
        default:
            return true
        }
    }
}
