/// The parameters of a query string, read as Go's `url.ParseQuery` reads them.
///
/// The first of several values wins, `+` is a space, and a `;` or a bad escape anywhere spoils the
/// whole query. Source: `nsqd` spec 4.1.
package struct QueryParameters: Sendable {
    private var pairs: [(name: String, value: String)] = []

    /// Parses what follows the `?`; `nil` when the query is to be answered `INVALID_REQUEST`.
    package init?(_ query: some StringProtocol) {
        var rest = query.utf8[...]
        guard !rest.contains(UInt8(ascii: ";")) else { return nil }
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "&")) ?? rest.endIndex
            let segment = rest[..<end]
            rest = rest[end...].dropFirst()
            guard !segment.isEmpty else { continue }
            let equals = segment.firstIndex(of: UInt8(ascii: "=")) ?? segment.endIndex
            guard let name = Self.text(segment[..<equals]),
                let value = Self.text(segment[equals...].dropFirst())
            else { return nil }
            pairs.append((name, value))
        }
    }

    /// The first value given for `name`: empty for a bare `name`, `nil` when it is absent.
    package subscript(_ name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    /// A switch such as `include_mem`: off for `false` and `0`, on for all else and when absent.
    package func isOn(_ name: String) -> Bool {
        self[name] != "false" && self[name] != "0"
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String? {
        let isPlain = !bytes.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
        return isPlain
            ? String(decoding: bytes, as: UTF8.self)
            : PercentCoding.decode(bytes, plusIsSpace: true)
    }
}
