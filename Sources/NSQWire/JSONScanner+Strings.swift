extension JSONScanner {
    /// A string with its escapes resolved; what is no Unicode becomes U+FFFD, as in Go.
    mutating func string() throws(Failure) -> String {
        guard take(UInt8(ascii: "\"")) else { throw .wrongType }
        var bytes: [UInt8] = []
        while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): try appendEscape(to: &bytes)
            case ..<0x20: throw .malformed
            default: bytes.append(byte)
            }
        }
        throw .malformed
    }

    private mutating func appendEscape(to bytes: inout [UInt8]) throws(Failure) {
        guard index < text.count else { throw .malformed }
        let byte = text[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes += Array(String(try scalar()).utf8)
        default: throw .malformed
        }
    }

    /// The scalar behind `\u`, taking a second escape with it when both make a surrogate pair.
    private mutating func scalar() throws(Failure) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        let unit = try codeUnit()
        guard Unicode.UTF16.isLeadSurrogate(unit) else {
            return Unicode.Scalar(unit) ?? replacement
        }
        guard index + 1 < text.count, text[index] == UInt8(ascii: "\\"),
            text[index + 1] == UInt8(ascii: "u")
        else { return replacement }
        let afterLead = index
        index += 2
        let trail = try codeUnit()
        guard Unicode.UTF16.isTrailSurrogate(trail) else {
            index = afterLead
            return replacement
        }
        let value = 0x1_0000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
        return Unicode.Scalar(value) ?? replacement
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        guard index + 4 <= text.count else { throw .malformed }
        var value: UInt16 = 0
        for byte in text[index..<(index + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw .malformed
            }
            value = value << 4 | UInt16(digit)
        }
        index += 4
        return value
    }
}
