/// A declaration as the scanner finds it: what it is, who sees it, where it stands.
struct Declaration {
    /// `func`, `var`, `struct`, `extension` and so on.
    let keyword: String
    /// The name alone: no parameters, no generic arguments.
    let name: String
    /// The modifiers before the keyword.
    let modifiers: Set<String>
    /// The line of the keyword, counted from 0.
    let line: Int
    /// The line of the closing brace, or ``line`` when there is none.
    var lastLine: Int
    /// What stands after the colon of a type or extension.
    var inherited: [String] = []
    /// The index of the type, protocol or extension around it; `nil` at the top of a file.
    let container: Int?
    /// Whether it stands in the body of a function or closure.
    let isLocal: Bool

    static let typeKeywords: Set = ["struct", "class", "enum", "protocol", "actor"]

    /// Whether it declares a type or protocol.
    var isType: Bool { Self.typeKeywords.contains(keyword) }

    /// Whether other declarations can be its members.
    var hasMembers: Bool { isType || keyword == "extension" }

    /// Whether code of other targets can see it by its own modifiers.
    var isVisibleOutside: Bool { !modifiers.isDisjoint(with: ["package", "public", "open"]) }

    /// Whether only its file can see it.
    var isPrivate: Bool { !modifiers.isDisjoint(with: ["private", "fileprivate"]) }
}
