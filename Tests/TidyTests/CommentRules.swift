/// What may not stand in comments: unfinished work, and code that was switched off.
enum CommentRules {
    /// Every comment of `files` that marks unfinished work or holds code.
    static func violations(in files: [SourceFile]) -> [Violation] {
        files.flatMap { file in
            file.comments.enumerated().compactMap { index, comment in
                if unfinished.contains(where: comment.contains) {
                    return file.violation(at: index, "unfinished work belongs into an issue")
                }
                if isCode(comment.trimmed) {
                    return file.violation(at: index, "code in a comment: delete it")
                }
                return nil
            }
        }
    }

    // Put together, so that this file does not hold the words itself.
    private static let unfinished = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

    /// Whether the text of a plain comment looks like Swift code; doc comments may show code.
    private static func isCode(_ comment: String) -> Bool {
        guard comment.hasPrefix("//"), !comment.hasPrefix("///") else { return false }
        let text = String(comment.dropFirst(2)).trimmed
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard let first = words.first else { return false }
        if text == "}" || text.hasSuffix("{") { return true }
        switch first {
        case "let", "var":
            return words.count > 2 && (words[1].hasSuffix(":") || words[2] == "=")
        case "func":
            return text.contains("(")
        case "import":
            return words.count == 2 && words[1].first?.isUppercase == true
        case "try", "await":
            return text.hasSuffix(")")
        default:
            return words.count > 2 && words[1] == "=" && text.hasSuffix(")")
        }
    }
}
