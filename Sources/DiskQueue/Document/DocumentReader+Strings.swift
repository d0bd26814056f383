extension DocumentReader {
    /// Reads a string in double quotes.
    mutating func quoted() throws(Flaw) -> String {
        if notation == .toml, rest.starts(with: Array("\"\"\"".utf8)) {
            throw flaw("a string of several lines; no field of a document has one")
        }
        rest = rest.dropFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): bytes += Array(String(try escape()).utf8)
            case 0x09 where notation == .toml: bytes.append(byte)
            case 0x00..<0x20, 0x7f: throw flaw("a control character in a string")
            default: bytes.append(byte)
            }
        }
        throw flaw("a string has no end")
    }

    /// Reads a string in single quotes.
    mutating func literal() throws(Flaw) -> String {
        if rest.starts(with: Array("'''".utf8)) {
            throw flaw("a string of several lines; no field of a document has one")
        }
        rest = rest.dropFirst()
        let bytes = rest.prefix {
            $0 != UInt8(ascii: "'") && ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7f
        }
        rest = rest.dropFirst(bytes.count)
        guard take("'") else { throw flaw("a string has no end, or a control character in it") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What stands for the character behind a backslash.
    private mutating func escape() throws(Flaw) -> Unicode.Scalar {
        let sign = rest.popFirst()
        switch sign {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/") where notation == .json: return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "U") where notation == .toml: return try scalar(hex(8))
        case UInt8(ascii: "u"): break
        default: throw flaw("an unknown escape in a string")
        }
        let unit = try hex(4)
        guard notation == .json, (0xd800..<0xdc00).contains(unit) else { return try scalar(unit) }
        guard take("\\"), take("u") else { throw flaw("half a character in a string") }
        let low = try hex(4)
        guard (0xdc00..<0xe000).contains(low) else { throw flaw("half a character in a string") }
        return try scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
    }

    private mutating func hex(_ count: Int) throws(Flaw) -> UInt32 {
        let text = String(decoding: rest.prefix(count), as: UTF8.self)
        guard text.utf8.count == count, text.allSatisfy(\.isHexDigit),
            let number = UInt32(text, radix: 16)
        else { throw flaw("an escape in a string lacks digits") }
        rest = rest.dropFirst(count)
        return number
    }

    private func scalar(_ number: UInt32) throws(Flaw) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(number) else {
            throw flaw("half a character in a string")
        }
        return scalar
    }
}
