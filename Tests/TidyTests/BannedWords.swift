/// Words that may not stand in the code, each with what to write instead.
struct BannedWords {
    /// One banned word.
    struct Rule {
        /// The text, as it stands in code without comments and strings.
        let word: String
        /// What to do instead.
        let instead: String
        /// The comment that excuses it when it stands right above; `nil` when nothing does.
        let excuse: String?

        init(_ word: String, _ instead: String, excuse: String? = nil) {
            self.word = word
            self.instead = instead
            self.excuse = excuse
        }
    }

    /// The rules.
    let rules: [Rule]

    /// For everything that ships.
    static let product = BannedWords(rules: [
        Rule("try!", "throw, or handle the error"),
        Rule("as!", "use as? and handle nil"),
        Rule("fatalError(", "throw: a trap is a remote crash"),
        Rule("Task.detached", "use structured concurrency"),
        Rule("Thread.sleep", "wait for the event"),
        Rule("usleep(", "wait for the event"),
        Rule("try?", "say why the error may be lost", excuse: "SWALLOW:"),
        Rule("catch {}", "say why the error may be lost", excuse: "SWALLOW:"),
        Rule("@unchecked Sendable", "say who guarantees it", excuse: "SAFETY:"),
        Rule("nonisolated(unsafe)", "say who guarantees it", excuse: "SAFETY:"),
        Rule("unowned(unsafe)", "say who guarantees it", excuse: "SAFETY:"),
        Rule("@preconcurrency", "say who guarantees it", excuse: "SAFETY:"),
        Rule("unsafeBitCast", "say who guarantees it", excuse: "SAFETY:"),
        Rule("Unmanaged", "say who guarantees it", excuse: "SAFETY:"),
        Rule(".allocate(", "say who owns and frees it", excuse: "SAFETY:"),
    ])

    /// For the tests.
    static let tests = BannedWords(rules: [
        Rule("Task.sleep", "inject the clock, or wait for the event"),
        Rule("Thread.sleep", "inject the clock, or wait for the event"),
        Rule("usleep(", "inject the clock, or wait for the event"),
    ])

    /// Every banned word in `files` without its excuse.
    func violations(in files: [SourceFile]) -> [Violation] {
        files.flatMap { file in
            file.code.enumerated().flatMap { index, line in
                rules.filter { rule in
                    Self.contains(rule.word, in: line)
                        && !(rule.excuse.map { file.hasComment($0, near: index) } ?? false)
                }.map { rule in
                    let excuse = rule.excuse.map { " in a // \($0) comment" } ?? ""
                    return file.violation(at: index, "\(rule.word): \(rule.instead)\(excuse)")
                }
            }
        }
    }

    /// Whether `word` stands in `line` and is not the end of a longer name.
    private static func contains(_ word: String, in line: String) -> Bool {
        var rest = line[...]
        while let range = rest.firstRange(of: word) {
            let before = line[..<range.lowerBound].last
            let isName = before.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
            if !isName || !(word.first?.isLetter ?? false) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}
