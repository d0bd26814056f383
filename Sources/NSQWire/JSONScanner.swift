/// Walks JSON text by Go's rules, keeping nothing that is not asked for.
///
/// Foundation's decoder can not stand in for it: it takes `1e3` and `1000.0` for integers, tells `hostname`
/// from `Hostname`, does not say which of two equal keys wins, and rejects strings that Go repairs. Nesting
/// is bounded and costs no stack. The text must outlive the scanner. Source: `nsqd` spec 2.1.
struct JSONScanner {
    /// Deepest nesting of a skipped value, as in Go.
    static let maximumDepth = 10_000

    /// Why a text was refused; the client is told no more than that it was.
    enum Failure: Error {
        /// No JSON.
        case malformed
        /// JSON, but not of the type that the field has.
        case wrongType
        /// Nested beyond ``maximumDepth``.
        case tooDeep
    }

    let text: UnsafeRawBufferPointer
    var index = 0

    /// Starts at the first byte of `text`.
    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    /// The next byte that is no white space, not consumed; `nil` at the end.
    mutating func peek() -> UInt8? {
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                index += 1
            default:
                return text[index]
            }
        }
        return nil
    }

    /// Consumes `byte` if it is the next one.
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        index += 1
        return true
    }

    /// Consumes `byte`, which must be the next one.
    mutating func expect(_ byte: UInt8) throws(Failure) {
        guard take(byte) else { throw .malformed }
    }

    /// Nothing but white space may be left.
    mutating func expectEnd() throws(Failure) {
        guard peek() == nil else { throw .malformed }
    }

    /// Consumes a `null` if it is next.
    mutating func takeNull() throws(Failure) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try literal("null")
        return true
    }

    /// A `true` or `false`.
    mutating func boolean() throws(Failure) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try literal("true")
            return true
        case UInt8(ascii: "f"):
            try literal("false")
            return false
        default:
            throw .wrongType
        }
    }

    /// A number without fraction and exponent that fits 64 bits.
    mutating func integer() throws(Failure) -> Int64 {
        guard let first = peek(), first == UInt8(ascii: "-") || Self.isDigit(first) else {
            throw .wrongType
        }
        let start = index
        try skipNumber()
        guard let value = Int64(String(decoding: text[start..<index], as: UTF8.self)) else {
            throw .wrongType
        }
        return value
    }

    /// Consumes `word`, whose first byte is known to be next.
    mutating func literal(_ word: StaticString) throws(Failure) {
        let end = index + word.utf8CodeUnitCount
        guard end <= text.count else { throw .malformed }
        let expected = UnsafeRawBufferPointer(
            start: word.utf8Start,
            count: word.utf8CodeUnitCount
        )
        guard ByteSearch.equal(UnsafeRawBufferPointer(rebasing: text[index..<end]), expected) else {
            throw .malformed
        }
        index = end
    }

    /// Consumes a number in JSON's grammar, whose first byte is known to be next.
    mutating func skipNumber() throws(Failure) {
        if text[index] == UInt8(ascii: "-") { index += 1 }
        if index < text.count, text[index] == UInt8(ascii: "0") {
            index += 1
        } else {
            try skipDigits()
        }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            try skipDigits()
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count,
                text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-")
            {
                index += 1
            }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(Failure) {
        let start = index
        while index < text.count, Self.isDigit(text[index]) {
            index += 1
        }
        guard index > start else { throw .malformed }
    }

    /// Whether `byte` is `0` to `9`.
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") <= 9
    }
}
