/// One table of a document, asked for fields of a type; what is wrong is told with its line and place.
struct DocumentFields {
    private let fields: [String: DocumentNode]
    /// Such as `topics[3].`; empty for the root.
    private let place: String
    private let line: Int

    /// The root of a document.
    init(_ root: DocumentTable) {
        fields = root.fields
        place = ""
        line = 1
    }

    private init(_ table: DocumentTable, place: String, line: Int) {
        fields = table.fields
        self.place = place
        self.line = line
    }

    /// Refuses fields that are not of `known`.
    func allow(_ known: Set<String>) throws(DocumentReader.Flaw) {
        // The first of them in the document, so that the same document gets the same answer.
        let unknown = fields.filter { !known.contains($0.key) }
        guard let first = unknown.min(by: { ($0.value.line, $0.key) < ($1.value.line, $1.key) })
        else { return }
        throw DocumentReader.Flaw(
            line: first.value.line,
            reason: "\(place)\(DocumentReader.printable(first.key)) is no field that is known"
        )
    }

    /// The string `name`.
    func text(_ name: String) throws(DocumentReader.Flaw) -> String {
        guard case .text(let text) = try node(name).value else { throw wrongType(name, "a string") }
        return text
    }

    /// The integer `name`.
    func number(_ name: String) throws(DocumentReader.Flaw) -> Int64 {
        guard case .number(let number) = try node(name).value else {
            throw wrongType(name, "an integer")
        }
        return number
    }

    /// The integer `name`; `nil` when it is missing.
    func optionalNumber(_ name: String) throws(DocumentReader.Flaw) -> Int64? {
        fields[name] == nil ? nil : try number(name)
    }

    /// The boolean `name`; `false` when it is missing.
    func flag(_ name: String) throws(DocumentReader.Flaw) -> Bool {
        guard let node = fields[name] else { return false }
        guard case .flag(let flag) = node.value else { throw wrongType(name, "a boolean") }
        return flag
    }

    /// The tables of the array `name`.
    func tables(_ name: String) throws(DocumentReader.Flaw) -> [DocumentFields] {
        guard case .list(let list) = try node(name).value else { throw wrongType(name, "an array") }
        var tables: [DocumentFields] = []
        for (index, node) in list.nodes.enumerated() {
            let place = "\(place)\(name)[\(index)]"
            guard case .table(let table) = node.value else {
                throw DocumentReader.Flaw(
                    line: node.line,
                    reason: "\(place) is \(node.value.kind), not a table"
                )
            }
            tables.append(DocumentFields(table, place: place + ".", line: node.line))
        }
        return tables
    }

    /// The tables of the array `name`; none when it is missing.
    func optionalTables(_ name: String) throws(DocumentReader.Flaw) -> [DocumentFields] {
        fields[name] == nil ? [] : try tables(name)
    }

    /// What is wrong with field `name`.
    func flaw(_ name: String, _ reason: String) -> DocumentReader.Flaw {
        DocumentReader.Flaw(line: fields[name]?.line ?? line, reason: "\(place)\(name) \(reason)")
    }

    private func node(_ name: String) throws(DocumentReader.Flaw) -> DocumentNode {
        guard let node = fields[name] else { throw flaw(name, "is missing") }
        return node
    }

    private func wrongType(_ name: String, _ wanted: String) -> DocumentReader.Flaw {
        flaw(name, "is \(fields[name]?.value.kind ?? "missing"), not \(wanted)")
    }
}
