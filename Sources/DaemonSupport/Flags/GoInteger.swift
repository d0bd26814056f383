/// Whole numbers as Go's `strconv.ParseInt` takes them with base 0.
///
/// Decimal, `0x`, `0o` or a leading `0`, and `0b`, in either case; single underscores between
/// digits or behind the base's prefix; a sign in front.
package enum GoInteger {
    /// The number that `text` spells.
    ///
    /// - Throws: `.range` for a number beyond 64 signed bits, `.syntax` for what is no number.
    package static func parse(_ text: String) throws(FlagValueError) -> Int64 {
        var digits = text.utf8[...]
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            digits.removeFirst()
        }
        guard hasLegalUnderscores(digits) else { throw .syntax }
        let base = takeBase(&digits)
        let magnitude = try number(digits, base: base)
        let wrapped = Int64(truncatingIfNeeded: magnitude)
        if isNegative {
            guard magnitude <= Int64.min.magnitude else { throw .range }
            return 0 &- wrapped
        }
        guard magnitude <= Int64.max.magnitude else { throw .range }
        return wrapped
    }

    /// Removes the prefix of `digits`, and says the base that it means.
    private static func takeBase(_ digits: inout Substring.UTF8View) -> UInt64 {
        guard digits.first == UInt8(ascii: "0"), digits.count > 1 else { return 10 }
        digits.removeFirst()
        guard digits.count > 1, let letter = digits.first else { return 8 }
        switch letter | 0x20 {
        case UInt8(ascii: "b"):
            digits.removeFirst()
            return 2
        case UInt8(ascii: "o"):
            digits.removeFirst()
            return 8
        case UInt8(ascii: "x"):
            digits.removeFirst()
            return 16
        default:
            return 8
        }
    }

    private static func number(
        _ digits: Substring.UTF8View,
        base: UInt64
    ) throws(FlagValueError) -> UInt64 {
        guard !digits.isEmpty else { throw .syntax }
        var number: UInt64 = 0
        for byte in digits where byte != UInt8(ascii: "_") {
            guard let digit = digitValue(byte), digit < base else { throw .syntax }
            let (product, productOverflows) = number.multipliedReportingOverflow(by: base)
            let (sum, sumOverflows) = product.addingReportingOverflow(digit)
            guard !productOverflows, !sumOverflows else { throw .range }
            number = sum
        }
        return number
    }

    private static func digitValue(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// Whether each underscore stands between two digits, the base's prefix counting as a digit.
    private static func hasLegalUnderscores(_ unsigned: Substring.UTF8View) -> Bool {
        var rest = unsigned
        var follows = false
        if rest.count >= 2, rest.first == UInt8(ascii: "0"), let letter = rest.dropFirst().first,
            [UInt8(ascii: "b"), UInt8(ascii: "o"), UInt8(ascii: "x")].contains(letter | 0x20)
        {
            rest = rest.dropFirst(2)
            follows = true
        }
        var isPending = false
        for byte in rest {
            if byte == UInt8(ascii: "_") {
                guard follows else { return false }
                follows = false
                isPending = true
            } else {
                follows = digitValue(byte) != nil
                isPending = false
            }
        }
        return !isPending
    }
}
