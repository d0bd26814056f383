extension FlagDefinition {
    /// The flag's value for what a config file says.
    ///
    /// A duration may be a string in Go's syntax, or an integer for milliseconds; numbers and booleans may be
    /// strings; a list may be one string split at commas. The original also takes integers for booleans, with
    /// their meaning inverted; here they are refused (quirk Q32). Source: `nsqd` spec 5.4.
    ///
    /// - Throws: ``FlagValueError`` with the reason.
    package func value(of setting: ConfigFile.Value) throws(FlagValueError) -> FlagValue {
        switch (kind, setting) {
        case (.integer, .integer(let number)):
            return .integer(number)
        case (.integer, .text(let text)):
            guard let number = Int64(text) else { throw .wanted("a whole number") }
            return .integer(number)
        case (.duration, .integer(let milliseconds)):
            let (nanoseconds, isTooLong) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
            guard !isTooLong else { throw .range }
            return .duration(nanoseconds)
        case (.boolean, .boolean(let truth)):
            return .boolean(truth)
        case (.booleanOr, .boolean(let truth)):
            return .text(truth ? "true" : "false")
        case (.list, .list(let items)):
            return .list(try Self.texts(items))
        case (.list, .text(let text)):
            let items = text.split(separator: ",", omittingEmptySubsequences: false)
            return .list(text.isEmpty ? [] : items.map(String.init))
        case (.fractions, .list(let items)):
            return .fractions(try Self.numbers(items))
        case (.fractions, .text(let text)):
            return .fractions(try FlagKind.parseFractions(text))
        case (.text, .text(let text)), (.duration, .text(let text)), (.boolean, .text(let text)),
            (.booleanOr, .text(let text)), (.word, .text(let text)):
            return try value(of: text, after: nil)
        default:
            throw .wanted(kind.noun)
        }
    }

    private static func texts(_ items: [ConfigFile.Value]) throws(FlagValueError) -> [String] {
        var texts: [String] = []
        for item in items {
            guard case .text(let text) = item else { throw .wanted("a list of strings") }
            texts.append(text)
        }
        return texts
    }

    private static func numbers(_ items: [ConfigFile.Value]) throws(FlagValueError) -> [Double] {
        var numbers: [Double] = []
        for item in items {
            switch item {
            case .number(let number): numbers.append(number)
            case .integer(let number): numbers.append(Double(number))
            default: throw .wanted("a list of numbers")
            }
        }
        return numbers
    }
}

extension FlagKind {
    /// What a value of this kind is called.
    fileprivate var noun: String {
        switch self {
        case .text: "a string"
        case .integer: "a whole number"
        case .duration: #"a duration such as "1m30s", or milliseconds"#
        case .boolean: "true or false"
        case .booleanOr(let word): "true, false or \(GoQuotedText.quote(word))"
        case .list: "a list of strings"
        case .fractions: "a list of numbers"
        case .word(let allowed, _):
            "one of " + allowed.filter { !$0.isEmpty }.joined(separator: ", ")
        }
    }
}

extension FlagValueError {
    fileprivate static func wanted(_ noun: String) -> Self {
        Self(reason: "it must be \(noun)")
    }
}
