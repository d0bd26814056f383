/// What a flag takes as its value.
package enum FlagKind: Sendable {
    /// Any text.
    case text
    /// A whole number in Go's syntax, see ``GoInteger``.
    case integer
    /// A length of time in Go's syntax, see ``GoDuration``.
    case duration
    /// A switch: bare, or with `=` and a word of ``GoBoolean``.
    case boolean
    /// A switch that also takes one other word with `=`; its value is ``FlagValue/text(_:)``: `true`, `false`
    /// or the word.
    case booleanOr(String)
    /// Any text, and the flag may be repeated.
    case list
    /// Fractions separated by commas, and the flag may be repeated; the largest comes first.
    case fractions
    /// One of `allowed`, which are lower-case; any case is taken. `noun` names the set in a
    /// refusal.
    case word(allowed: [String], noun: String)
}

/// One flag of a program: its name, what it takes, its value when absent and its line in the usage.
package struct FlagDefinition: Sendable {
    /// The name without dashes.
    package let name: String

    /// What the flag takes.
    package let kind: FlagKind

    /// The value when the flag is absent; its case agrees with ``kind``.
    package let initialValue: FlagValue

    /// What `--help` says about the flag.
    package let usage: String

    /// The heading under which `--help` shows the flag; empty for none.
    package var group = ""

    /// Composes a definition; `initialValue` must be of the case that `kind` yields.
    package init(_ name: String, _ kind: FlagKind, initially initialValue: FlagValue, usage: String)
    {
        self.name = name
        self.kind = kind
        self.initialValue = initialValue
        self.usage = usage
    }

    /// Whether the flag may stand without a value.
    var isSwitch: Bool {
        switch kind {
        case .boolean, .booleanOr: true
        case .text, .integer, .duration, .list, .fractions, .word: false
        }
    }

    /// The value that `text` spells; `earlier` is what a repeated list flag adds to, `nil` at
    /// first.
    func value(of text: String, after earlier: FlagValue?) throws(FlagValueError) -> FlagValue {
        switch kind {
        case .text:
            return .text(text)
        case .integer:
            return .integer(try GoInteger.parse(text))
        case .duration:
            guard let nanoseconds = GoDuration.parse(text) else { throw .syntax }
            return .duration(nanoseconds)
        case .boolean:
            guard let truth = GoBoolean.parse(text) else { throw .syntax }
            return .boolean(truth)
        case .booleanOr(let word):
            if text.lowercased() == word { return .text(word) }
            guard let truth = GoBoolean.parse(text) else { throw .syntax }
            return .text(truth ? "true" : "false")
        case .list:
            guard case .list(let items) = earlier else { return .list([text]) }
            return .list(items + [text])
        case .fractions:
            let fractions = try FlagKind.parseFractions(text)
            guard case .fractions(let known) = earlier else {
                return .fractions(fractions.sorted(by: >))
            }
            return .fractions((known + fractions).sorted(by: >))
        case .word(let allowed, let noun):
            let word = text.lowercased()
            guard allowed.contains(word) else {
                let choices = allowed.joined(separator: ", ")
                throw FlagValueError(reason: "invalid \(noun) '\(text)' (\(choices))")
            }
            return .text(word)
        }
    }
}

extension FlagKind {
    /// The numbers in `text`, separated by commas.
    static func parseFractions(_ text: String) throws(FlagValueError) -> [Double] {
        var fractions: [Double] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = part.drop { $0 == " " }
            guard let number = Double(word), number.isFinite else {
                throw FlagValueError(reason: "Could not parse: \(part)")
            }
            fractions.append(number)
        }
        return fractions
    }
}
