/// Splits Swift source into two texts of the same shape: code without comments and strings, and comments alone.
///
/// It knows comments, nested block comments, plain, raw and multi-line strings, and interpolations, which
/// is what the rules need; it is no parser.
struct SourceMasking {
    /// Input with comments and the insides of strings turned into spaces.
    private(set) var code: [UInt8]
    /// Input with everything but comments turned into spaces.
    private(set) var comments: [UInt8]

    private let bytes: [UInt8]
    private var position = 0

    /// Prepares to mask `bytes`.
    init(bytes: [UInt8]) {
        self.bytes = bytes
        code = bytes
        comments = bytes.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
    }

    /// Masks the whole input.
    mutating func run() {
        skipCode(untilClosingParenthesis: false)
    }

    private mutating func skipCode(untilClosingParenthesis: Bool) {
        var depth = 0
        while position < bytes.count {
            if starts("//") {
                takeComment(to: endOfLine())
            } else if starts("/*") {
                takeComment(to: endOfBlockComment())
            } else if let hashes = openingQuote() {
                takeString(hashes: hashes)
            } else {
                if untilClosingParenthesis {
                    if bytes[position] == UInt8(ascii: "(") { depth += 1 }
                    if bytes[position] == UInt8(ascii: ")") {
                        depth -= 1
                        if depth == 0 {
                            position += 1
                            return
                        }
                    }
                }
                position += 1
            }
        }
    }

    private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
        let start = position + offset
        guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { wanted in
            bytes[start..<start + wanted.count].elementsEqual(wanted)
        }
    }

    private func endOfLine() -> Int {
        bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    }

    private func endOfBlockComment() -> Int {
        var end = position
        var depth = 0
        while end + 1 < bytes.count {
            let pair = (bytes[end], bytes[end + 1])
            if pair == (UInt8(ascii: "/"), UInt8(ascii: "*")) {
                depth += 1
                end += 2
            } else if pair == (UInt8(ascii: "*"), UInt8(ascii: "/")) {
                depth -= 1
                end += 2
                if depth == 0 { return end }
            } else {
                end += 1
            }
        }
        return bytes.count
    }

    private mutating func takeComment(to end: Int) {
        for index in position..<end where bytes[index] != UInt8(ascii: "\n") {
            comments[index] = bytes[index]
            code[index] = UInt8(ascii: " ")
        }
        position = end
    }

    /// The number of `#` before a quote that opens here; `nil` when no string starts here.
    private func openingQuote() -> Int? {
        var hashes = 0
        while starts("#", at: hashes) { hashes += 1 }
        return starts("\"", at: hashes) ? hashes : nil
    }

    private mutating func takeString(hashes: Int) {
        position += hashes
        let isMultiline = starts("\"\"\"")
        let quoteCount = isMultiline ? 3 : 1
        position += quoteCount
        while position < bytes.count {
            if closes(quoteCount: quoteCount, hashes: hashes) {
                position += quoteCount + hashes
                return
            }
            if bytes[position] == UInt8(ascii: "\n"), !isMultiline { return }
            if bytes[position] == UInt8(ascii: "\\"), hasHashes(hashes, at: 1) {
                blank(1 + hashes)
                if starts("(") {
                    skipCode(untilClosingParenthesis: true)
                } else {
                    blank(1)
                }
            } else {
                blank(1)
            }
        }
    }

    private func hasHashes(_ count: Int, at offset: Int) -> Bool {
        (0..<count).allSatisfy { starts("#", at: offset + $0) }
    }

    private func closes(quoteCount: Int, hashes: Int) -> Bool {
        (0..<quoteCount).allSatisfy { starts("\"", at: $0) } && hasHashes(hashes, at: quoteCount)
    }

    private mutating func blank(_ count: Int) {
        for index in position..<min(position + count, bytes.count)
        where bytes[index] != UInt8(ascii: "\n") {
            code[index] = UInt8(ascii: " ")
        }
        position = min(position + count, bytes.count)
    }
}
