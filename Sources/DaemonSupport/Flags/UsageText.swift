/// The usage of a ``FlagSet`` in the layout of Go's `flag.PrintDefaults`: by group, and sorted by name in each.
package enum UsageText {
    /// What `--help` and a refused flag print, the newline at its end included.
    package static func text(of flags: FlagSet) -> String {
        let groups = Dictionary(grouping: flags.definitions, by: \.group)
        var text = "Usage of \(flags.program):\n"
        for (at, flag) in flags.definitions.enumerated()
        where !flags.definitions[..<at].contains(where: { $0.group == flag.group }) {
            if !flag.group.isEmpty { text += "\n\(flag.group):\n" }
            let sorted = (groups[flag.group] ?? []).sorted { $0.name < $1.name }
            text += sorted.map(paragraph).joined()
        }
        return text
    }

    private static func paragraph(of flag: FlagDefinition) -> String {
        let head = "  -\(flag.name)\(typeName(of: flag.kind).map { " \($0)" } ?? "")"
        let body = flag.usage.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\n    \t")
        let isShort = head.utf8.count <= 4
        return head + (isShort ? "\t" : "\n    \t") + body + remark(on: flag.initialValue) + "\n"
    }

    private static func typeName(of kind: FlagKind) -> String? {
        switch kind {
        case .text: "string"
        case .integer: "int"
        case .duration: "duration"
        case .boolean: nil
        case .booleanOr, .list, .fractions, .word: "value"
        }
    }

    /// The initial value, unless it is the type's zero.
    private static func remark(on value: FlagValue) -> String {
        switch value {
        case .text(""), .text("false"), .integer(0), .duration(0), .boolean(false), .list,
            .fractions:
            ""
        case .text(let text): " (default \(GoQuotedText.quote(text)))"
        case .integer(let number): " (default \(number))"
        case .duration(let nanoseconds): " (default \(GoDuration.text(nanoseconds: nanoseconds)))"
        case .boolean(true): " (default true)"
        }
    }
}
