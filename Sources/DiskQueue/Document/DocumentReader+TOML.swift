extension DocumentReader {
    /// Reads a whole TOML document: headers, and lines of keys and values.
    mutating func tomlDocument() throws(Flaw) -> DocumentTable {
        let root = DocumentTable(.header)
        var current = root
        skipSpace()
        while let first = rest.first {
            let start = line
            if first == UInt8(ascii: "[") {
                current = try header(below: root)
            } else {
                let path = try tomlKey()
                guard take("=") else { throw flaw("a key has no value") }
                skipBlanks()
                let node = try value(depth: 1)
                try Self.add(node, at: path, to: current, line: start)
            }
            try endLine()
        }
        return root
    }

    /// Reads `[a.b]` or `[[a.b]]`, and gives the table that the next lines are about.
    private mutating func header(below root: DocumentTable) throws(Flaw) -> DocumentTable {
        let start = line
        rest = rest.dropFirst()
        let addsToList = take("[")
        let path = try tomlKey()
        guard take("]"), !addsToList || take("]") else { throw flaw("a header has no end") }
        var table = root
        for name in path.dropLast() {
            table = try Self.table(name, in: table, line: start)
        }
        let name = path.last ?? ""
        return addsToList
            ? try Self.appendTable(to: name, in: table, line: start)
            : try Self.openTable(name, in: table, line: start)
    }

    /// The table on the way to a header's own: the latest one of an array of tables.
    private static func table(
        _ name: String,
        in table: DocumentTable,
        line: Int
    ) throws(Flaw) -> DocumentTable {
        switch table.fields[name]?.value {
        case nil:
            let made = DocumentTable(.implied)
            _ = table.add(name, DocumentNode(value: .table(made), line: line))
            return made
        case .table(let found) where found.origin != .braces: return found
        case .list(let list) where list.isOfTables:
            if case .table(let last)? = list.nodes.last?.value { return last }
            throw repeated(name, line)
        default: throw repeated(name, line)
        }
    }

    private static func openTable(
        _ name: String,
        in table: DocumentTable,
        line: Int
    ) throws(Flaw) -> DocumentTable {
        switch table.fields[name]?.value {
        case nil:
            let made = DocumentTable(.header)
            _ = table.add(name, DocumentNode(value: .table(made), line: line))
            return made
        case .table(let found) where found.origin == .implied:
            found.origin = .header
            return found
        default: throw repeated(name, line)
        }
    }

    private static func appendTable(
        to name: String,
        in table: DocumentTable,
        line: Int
    ) throws(Flaw) -> DocumentTable {
        let made = DocumentTable(.header)
        let node = DocumentNode(value: .table(made), line: line)
        switch table.fields[name]?.value {
        case nil:
            let list = DocumentList([node], isOfTables: true)
            _ = table.add(name, DocumentNode(value: .list(list), line: line))
        case .list(let list) where list.isOfTables: list.nodes.append(node)
        default: throw repeated(name, line)
        }
        return made
    }

    /// Reads a key, its parts between dots, and the blanks behind it.
    mutating func tomlKey() throws(Flaw) -> [String] {
        var path: [String] = []
        repeat {
            skipBlanks()
            guard path.count < Self.maximumDepth else {
                throw flaw("more than \(Self.maximumDepth) parts of a key")
            }
            switch rest.first {
            case UInt8(ascii: "\""): path.append(try quoted())
            case UInt8(ascii: "'"): path.append(try literal())
            default:
                let bytes = rest.prefix { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"),
                        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"):
                        true
                    default: false
                    }
                }
                guard !bytes.isEmpty else { throw flaw("a key is missing") }
                path.append(String(decoding: bytes, as: UTF8.self))
                rest = rest.dropFirst(bytes.count)
            }
            skipBlanks()
        } while take(".")
        return path
    }

    /// Goes behind blanks of one line.
    private mutating func skipBlanks() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

    /// A line holds one header, or one key with its value.
    private mutating func endLine() throws(Flaw) {
        let start = line
        skipSpace()
        guard rest.isEmpty || line > start else { throw flaw("a line goes on behind its value") }
    }
}
