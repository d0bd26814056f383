/// A value of a JSON or TOML document, with the line that it begins on.
struct DocumentNode {
    let value: DocumentValue
    let line: Int
}

/// The values that a document of metadata is made of.
enum DocumentValue {
    /// A string.
    case text(String)
    /// An integer.
    case number(Int64)
    /// A boolean.
    case flag(Bool)
    /// An array.
    case list(DocumentList)
    /// A table, or object.
    case table(DocumentTable)
    /// What no field of a document is: a fraction, a date, null.
    case other

    /// What an error calls it.
    var kind: String {
        switch self {
        case .text: "a string"
        case .number: "an integer"
        case .flag: "a boolean"
        case .list: "an array"
        case .table: "a table"
        case .other: "of another type"
        }
    }
}

/// A table while it is read: TOML comes back to tables that were begun before.
///
/// Isolation: one reader's own.
final class DocumentTable {
    /// How a table came to be, which decides who may add to it.
    enum Origin {
        /// By the header of a table below it; a header of its own may follow.
        case implied
        /// By a header of its own, or as the root.
        case header
        /// By a key with dots.
        case key
        /// By a value in braces: complete.
        case braces
    }

    /// The fields by name.
    private(set) var fields: [String: DocumentNode] = [:]
    /// How it came to be.
    var origin: Origin

    init(_ origin: Origin) { self.origin = origin }

    /// Adds a field; `false` when there is one of that name.
    func add(_ name: String, _ node: DocumentNode) -> Bool {
        guard fields[name] == nil else { return false }
        fields[name] = node
        return true
    }
}

/// An array while it is read: a TOML header in two brackets adds a table to it.
///
/// Isolation: one reader's own.
final class DocumentList {
    /// The elements.
    var nodes: [DocumentNode]
    /// Whether it was made by headers in two brackets, and may grow by more of them.
    let isOfTables: Bool

    init(_ nodes: [DocumentNode] = [], isOfTables: Bool) {
        self.nodes = nodes
        self.isOfTables = isOfTables
    }
}
