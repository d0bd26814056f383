/// Go's `%q`: bytes in double quotes with escapes, as error texts quote topic and channel names.
///
/// Clients compare these texts, so the rules are Go's to the letter: invalid UTF-8 one byte at a time as
/// `\xff`, printable Unicode as it is, anything else escaped. Source: `nsqd` spec 1.7.
package enum GoQuoted {
    /// The quoted form of `bytes`, which need not be UTF-8.
    package static func quote(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        result.reserveCapacity(bytes.count + 2)
        var index = 0
        while index < bytes.count {
            guard let (scalar, length) = scalar(at: index, in: bytes) else {
                result += Array("\\x".utf8) + hex(UInt32(bytes[index]), digits: 2)
                index += 1
                continue
            }
            append(scalar, to: &result)
            index += length
        }
        result.append(UInt8(ascii: "\""))
        return result
    }

    /// The scalar that starts at `index` and its length in bytes; `nil` when none does.
    private static func scalar(
        at index: Int,
        in bytes: UnsafeRawBufferPointer
    ) -> (Unicode.Scalar, Int)? {
        let end = min(index + 4, bytes.count)
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes[index..<end].makeIterator()
        guard case .valid(let encoded) = parser.parseScalar(from: &input) else { return nil }
        return (Unicode.UTF8.decode(encoded), encoded.count)
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout [UInt8]) {
        switch scalar {
        case "\"", "\\":
            result += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)]
        case _ where isPrintable(scalar):
            result += Array(String(scalar).utf8)
        case "\u{07}": result += Array("\\a".utf8)
        case "\u{08}": result += Array("\\b".utf8)
        case "\u{0C}": result += Array("\\f".utf8)
        case "\n": result += Array("\\n".utf8)
        case "\r": result += Array("\\r".utf8)
        case "\t": result += Array("\\t".utf8)
        case "\u{0B}": result += Array("\\v".utf8)
        case _ where scalar.value < 0x20 || scalar.value == 0x7F:
            result += Array("\\x".utf8) + hex(scalar.value, digits: 2)
        case _ where scalar.value < 0x1_0000:
            result += Array("\\u".utf8) + hex(scalar.value, digits: 4)
        default:
            result += Array("\\U".utf8) + hex(scalar.value, digits: 8)
        }
    }

    /// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and of spaces only U+0020.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .nonspacingMark, .spacingMark, .enclosingMark,
            .decimalNumber, .letterNumber, .otherNumber,
            .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation,
            .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
            true
        default:
            scalar == " "
        }
    }

    private static func hex(_ value: UInt32, digits: Int) -> [UInt8] {
        let text = String(value, radix: 16)
        return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
}
