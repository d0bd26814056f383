/// Lengths of time as Go's `time.ParseDuration` reads and `Duration.String` prints them.
///
/// Everything is a signed 64-bit count of nanoseconds, about 292 years either way; no text can
/// overflow it.
package enum GoDuration {
    /// The nanoseconds that `text` spells, such as `1m30s`, `1.5h`, `-2ms` or a bare `0`; `nil`
    /// otherwise.
    package static func parse(_ text: String) -> Int64? {
        var rest = text.utf8[...]
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest.removeFirst()
        }
        if rest.elementsEqual("0".utf8) { return 0 }
        guard !rest.isEmpty else { return nil }
        var total: UInt64 = 0
        while !rest.isEmpty {
            guard let term = takeTerm(&rest) else { return nil }
            let (sum, overflows) = total.addingReportingOverflow(term)
            guard !overflows, sum <= Int64.min.magnitude else { return nil }
            total = sum
        }
        if isNegative { return 0 &- Int64(truncatingIfNeeded: total) }
        return Int64(exactly: total)
    }

    /// Removes one number with its unit from the front of `rest`; its nanoseconds, at most 2^63.
    private static func takeTerm(_ rest: inout Substring.UTF8View) -> UInt64? {
        let limit = Int64.min.magnitude
        let digits = rest.prefix(while: isDigit)
        rest = rest.dropFirst(digits.count)
        guard let whole = digits.isEmpty ? 0 : UInt64(String(decoding: digits, as: UTF8.self)),
            whole <= limit
        else { return nil }

        var fraction = Fraction()
        var hasFraction = false
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            let places = rest.prefix(while: isDigit)
            rest = rest.dropFirst(places.count)
            hasFraction = !places.isEmpty
            fraction = Fraction(places)
        }
        guard !digits.isEmpty || hasFraction else { return nil }

        let word = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(word.count)
        guard let unit = unit(named: word) else { return nil }
        let (product, overflows) = whole.multipliedReportingOverflow(by: unit)
        guard !overflows, product <= limit else { return nil }
        let (sum, sumOverflows) = product.addingReportingOverflow(fraction.nanoseconds(of: unit))
        guard !sumOverflows, sum <= limit else { return nil }
        return sum
    }

    /// The digits behind a decimal point, as far as 63 bits hold them.
    private struct Fraction {
        private var digits: UInt64 = 0
        private var scale = 1.0

        init() {}

        init(_ places: Substring.UTF8View) {
            for byte in places {
                guard digits <= UInt64(Int64.max) / 10 else { break }
                digits = digits &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
                scale *= 10
            }
        }

        /// This part of `unit`, computed in floating point as Go does, so that both round alike.
        func nanoseconds(of unit: UInt64) -> UInt64 {
            let part = (Double(digits) * (Double(unit) / scale)).rounded(.towardZero)
            return UInt64(exactly: part) ?? 0
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func unit(named word: Substring.UTF8View) -> UInt64? {
        // Compared as bytes: both code points of the micro sign are legal.
        switch Array(word) {
        case Array("ns".utf8): 1
        case Array("us".utf8), [0xc2, 0xb5, 0x73], [0xce, 0xbc, 0x73]: microsecond
        case Array("ms".utf8): millisecond
        case Array("s".utf8): second
        case Array("m".utf8): 60 * second
        case Array("h".utf8): 3600 * second
        default: nil
        }
    }

    private static let microsecond: UInt64 = 1000
    private static let millisecond: UInt64 = 1_000_000
    private static let second: UInt64 = 1_000_000_000

    /// How Go prints `nanoseconds`: `1h0m30s`, `1.5s`, `250ms`, `0s`.
    package static func text(nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude == 0 { return "0s" }
        if magnitude < microsecond { return "\(sign)\(magnitude)ns" }
        if magnitude < millisecond { return sign + decimal(magnitude, of: microsecond) + "µs" }
        if magnitude < second { return sign + decimal(magnitude, of: millisecond) + "ms" }
        let minutes = magnitude / (60 * second)
        let seconds = decimal(magnitude % (60 * second), of: second) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    /// `magnitude` counted in `unit`, without zeros at the end of its fraction.
    private static func decimal(_ magnitude: UInt64, of unit: UInt64) -> String {
        let (whole, remainder) = magnitude.quotientAndRemainder(dividingBy: unit)
        guard remainder != 0 else { return "\(whole)" }
        var places = "\(unit + remainder)".dropFirst()
        while places.last == "0" { places.removeLast() }
        return "\(whole).\(places)"
    }
}
