/// Reads the text of a document into tables, strictly, with the line of each value.
///
/// One reader for JSON (RFC 8259) and TOML 1.0, since their values differ in details only. It knows repeated keys
/// and lines, which a document that changes a store has to be refused for and by, and nothing in a document makes
/// it use more stack or memory than a document of that size may: documents come in over HTTP too.
struct DocumentReader {
    /// The two notations.
    enum Notation {
        case json
        case toml
    }

    /// Why a text is no document.
    struct Flaw: Error {
        let line: Int
        let reason: String
    }

    /// Tables and arrays within each other; a document of ours has four.
    static let maximumDepth = 16

    let notation: Notation
    var rest: ArraySlice<UInt8>
    var line = 1

    /// Reads `bytes`, which are UTF-8.
    static func read(_ bytes: [UInt8], as notation: Notation) throws(Flaw) -> DocumentTable {
        var reader = DocumentReader(notation: notation, rest: bytes[...])
        if reader.rest.starts(with: [0xef, 0xbb, 0xbf]) { reader.rest = reader.rest.dropFirst(3) }
        switch notation {
        case .toml: return try reader.tomlDocument()
        case .json: return try reader.jsonDocument()
        }
    }

    private mutating func jsonDocument() throws(Flaw) -> DocumentTable {
        skipSpace()
        guard rest.first == UInt8(ascii: "{") else { throw flaw("it does not begin with {") }
        let table = try braces(depth: 1)
        skipSpace()
        guard rest.isEmpty else { throw flaw("something follows the end of the document") }
        return table
    }

    // MARK: - Values

    /// Reads one value, which lies in `depth` tables and arrays.
    mutating func value(depth: Int) throws(Flaw) -> DocumentNode {
        let start = line
        guard let first = rest.first else { throw flaw("a value is missing") }
        guard depth <= Self.maximumDepth else {
            throw flaw("more than \(Self.maximumDepth) arrays and tables within each other")
        }
        let value: DocumentValue =
            switch first {
            case UInt8(ascii: "{"): .table(try braces(depth: depth + 1))
            case UInt8(ascii: "["): .list(try brackets(depth: depth + 1))
            case UInt8(ascii: "\""): .text(try quoted())
            case UInt8(ascii: "'") where notation == .toml: .text(try literal())
            default: try word()
            }
        return DocumentNode(value: value, line: start)
    }

    private mutating func braces(depth: Int) throws(Flaw) -> DocumentTable {
        let table = DocumentTable(.braces)
        rest = rest.dropFirst()
        skipSpace()
        while !take("}") {
            let start = line
            let path = notation == .json ? [try jsonKey()] : try tomlKey()
            skipSpace()
            guard take(notation == .json ? ":" : "=") else {
                throw flaw("a key has no value")
            }
            skipSpace()
            let node = try value(depth: depth)
            try Self.add(node, at: path, to: table, line: start)
            try separate(end: "}")
        }
        return table
    }

    private mutating func brackets(depth: Int) throws(Flaw) -> DocumentList {
        let list = DocumentList(isOfTables: false)
        rest = rest.dropFirst()
        skipSpace()
        while !take("]") {
            list.nodes.append(try value(depth: depth))
            try separate(end: "]")
        }
        return list
    }

    /// Goes on to the next element, or to the sign that ends them all.
    private mutating func separate(end: Unicode.Scalar) throws(Flaw) {
        skipSpace()
        if take(",") {
            skipSpace()
            guard notation == .toml || rest.first != UInt8(ascii: end) else {
                throw flaw("a comma with nothing behind it")
            }
        } else if rest.first != UInt8(ascii: end) {
            throw flaw("a comma or \(end) is missing")
        }
    }

    private mutating func jsonKey() throws(Flaw) -> String {
        guard rest.first == UInt8(ascii: "\"") else { throw flaw("a key is missing") }
        return try quoted()
    }

    /// Adds a field under a key with dots, making the tables between.
    static func add(
        _ node: DocumentNode,
        at path: [String],
        to table: DocumentTable,
        line: Int
    ) throws(Flaw) {
        var table = table
        for name in path.dropLast() {
            switch table.fields[name]?.value {
            case nil:
                let made = DocumentTable(.key)
                _ = table.add(name, DocumentNode(value: .table(made), line: line))
                table = made
            case .table(let found) where found.origin == .key: table = found
            default: throw repeated(name, line)
            }
        }
        guard let name = path.last, table.add(name, node) else {
            throw repeated(path.last ?? "", line)
        }
    }

    static func repeated(_ name: String, _ line: Int) -> Flaw {
        Flaw(line: line, reason: "\(printable(name)) is given twice")
    }

    /// A boolean, an integer, or what no document has a place for.
    private mutating func word() throws(Flaw) -> DocumentValue {
        let bytes = rest.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"):
                notation == .toml || byte != UInt8(ascii: ":")
            default:
                false
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        rest = rest.dropFirst(bytes.count)
        switch text {
        case "": throw flaw("a value is missing")
        case "true": return .flag(true)
        case "false": return .flag(false)
        case "null" where notation == .json: return .other
        default: break
        }
        guard let first = text.utf8.first,
            first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { throw flaw("\(Self.printable(text)) is no value") }
        return try number(text)
    }

    private func number(_ text: String) throws(Flaw) -> DocumentValue {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        let signs = text.utf8.count - digits.count
        let hasZero = digits.count > 1 && digits.first == UInt8(ascii: "0")
        let plain = notation == .toml ? text.replacing("_", with: "") : text
        guard signs <= 1, !hasZero, !(notation == .json && text.hasPrefix("+")),
            digits.allSatisfy({ (0x30...0x39).contains($0) || (notation == .toml && $0 == 0x5f) })
        else { return .other }
        guard let number = Int64(plain) else {
            throw flaw("\(Self.printable(text)) is too large for a number")
        }
        return .number(number)
    }

    // MARK: - Bytes

    /// Takes `sign` if it comes next.
    mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: sign) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Goes behind white space, line ends, and in TOML comments.
    mutating func skipSpace() {
        while let byte = rest.first {
            switch byte {
            case 0x20, 0x09, 0x0d: break
            case 0x0a: line += 1
            case UInt8(ascii: "#") where notation == .toml:
                rest = rest.drop { $0 != 0x0a }
                continue
            default: return
            }
            rest = rest.dropFirst()
        }
    }

    func flaw(_ reason: String) -> Flaw { Flaw(line: line, reason: reason) }

    /// The start of a text that anyone may have written, safe for a line of the terminal.
    static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let start = scalars.prefix(64).map { $0.escaped(asASCII: true) }.joined()
        return "\"\(start)\(scalars.count > 64 ? "..." : "")\""
    }
}
