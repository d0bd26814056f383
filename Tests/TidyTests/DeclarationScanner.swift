/// Finds the declarations of a Swift file by the first words of its lines and by counting braces.
///
/// It relies on the formatter's layout: a declaration starts its line.
struct DeclarationScanner {
    private enum Scope {
        case members(of: Int)
        case other(of: Int?)
    }

    private var declarations: [Declaration] = []
    private var scopes: [Scope] = []
    private var opening: Int?
    private var header = ""
    private var openParentheses = 0

    /// The declarations of `file`, in order.
    static func declarations(in file: SourceFile) -> [Declaration] {
        var scanner = DeclarationScanner()
        for (index, line) in file.code.enumerated() {
            scanner.scan(line, at: index)
        }
        return scanner.declarations
    }

    private mutating func scan(_ line: String, at index: Int) {
        if openParentheses == 0, let (modifiers, keyword, rest) = Self.head(of: line) {
            begin(keyword: keyword, modifiers: modifiers, rest: rest, at: index)
        }
        for character in line {
            switch character {
            case "(", "[": openParentheses += 1
            case ")", "]": openParentheses -= 1
            case "{": open()
            case "}": close(at: index)
            default: break
            }
            if opening != nil { header.append(character) }
        }
        if opening != nil { header.append(" ") }
    }

    private mutating func begin(
        keyword: String,
        modifiers: Set<String>,
        rest: String,
        at index: Int
    ) {
        var container: Int?
        var isLocal = false
        switch scopes.last {
        case .members(let of): container = of
        case .other: isLocal = true
        case nil: break
        }
        declarations.append(
            Declaration(
                keyword: keyword,
                name: Self.name(in: rest, keyword: keyword),
                modifiers: modifiers,
                line: index,
                lastLine: index,
                container: container,
                isLocal: isLocal
            )
        )
        opening = declarations.count - 1
        header = ""
    }

    private mutating func open() {
        guard openParentheses == 0, let index = opening else {
            scopes.append(.other(of: nil))
            return
        }
        opening = nil
        if declarations[index].hasMembers {
            declarations[index].inherited = Self.inherited(in: header)
            scopes.append(.members(of: index))
        } else {
            scopes.append(.other(of: index))
        }
    }

    private mutating func close(at line: Int) {
        opening = nil
        switch scopes.popLast() {
        case .members(let index), .other(.some(let index)): declarations[index].lastLine = line
        default: break
        }
    }

    /// Modifiers, keyword and what follows, when a declaration starts on `line`.
    private static func head(of line: String) -> (Set<String>, String, String)? {
        var rest = line.trimmed[...]
        var modifiers: Set<String> = []
        while true {
            if rest.first == "@" {
                rest = rest.dropFirst().drop { $0.isLetter || $0.isNumber || $0 == "_" }
                if rest.first == "(" { rest = rest.drop { $0 != ")" }.dropFirst() }
                rest = rest.drop(while: \.isWhitespace)
                continue
            }
            let word = String(rest.prefix { $0.isLetter })
            let tail = rest.dropFirst(word.count)
            if knownModifiers.contains(word), tail.first == " " || tail.first == "(" {
                // `class` is a keyword too: as a modifier it stands before another keyword.
                if word == "class", !classModifierFollowers.contains(where: tail.hasPrefix) {
                    return (modifiers, word, String(tail))
                }
                modifiers.insert(word)
                let after = tail.first == "(" ? tail.drop { $0 != ")" }.dropFirst() : tail
                rest = after.drop(while: \.isWhitespace)
                continue
            }
            guard keywords.contains(word) else { return nil }
            let isBare = ["init", "subscript"].contains(word)
            guard tail.first == " " || isBare && !(tail.first?.isLetter ?? false) else {
                return nil
            }
            return (modifiers, word, String(tail))
        }
    }

    private static func name(in rest: String, keyword: String) -> String {
        if keyword == "init" || keyword == "subscript" { return keyword }
        let text = rest.drop(while: \.isWhitespace)
        let isOperator =
            keyword == "func" && !(text.first.map { $0.isLetter || $0 == "_" } ?? false)
        if isOperator { return String(text.prefix { !$0.isWhitespace && $0 != "(" }) }
        return String(text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
    }

    private static func inherited(in header: String) -> [String] {
        guard let colon = header.firstIndex(of: ":") else { return [] }
        let clause = header[header.index(after: colon)...]
        return clause.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
            .map { String($0.split(separator: ".").last ?? $0) }
    }

    private static let keywords: Set = [
        "func", "var", "let", "init", "subscript", "struct", "enum", "protocol", "actor",
        "extension", "typealias", "associatedtype", "class",
    ]
    private static let knownModifiers: Set = [
        "package", "public", "open", "internal", "fileprivate", "private", "static", "class",
        "final", "override", "mutating", "nonmutating", "consuming", "borrowing", "nonisolated",
        "lazy", "weak", "unowned", "required", "convenience", "indirect", "dynamic", "prefix",
        "postfix",
    ]
    private static let classModifierFollowers = [" func ", " var ", " let ", " subscript"]
}
