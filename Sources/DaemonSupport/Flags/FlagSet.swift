/// The flags of a program, read with the semantics of Go's `flag` package.
///
/// NSQ's start scripts, unit files and container images rely on those semantics, and
/// swift-argument-parser cannot give them: `-name=v`, `--name=v`, `-name v` and `--name v` mean the
/// same; a switch takes a value with `=` only; reading stops silently at the first word that is no
/// flag (`nsqd extra --node-id=9999` starts); the refusals have fixed texts, come with the usage on
/// standard error and end with exit status 2. Source: `nsqd` spec 5.1.
package struct FlagSet: Sendable {
    /// The program's name, for the head of the usage.
    package let program: String

    /// All flags, in the order given.
    package let definitions: [FlagDefinition]

    private let definitionsByName: [String: FlagDefinition]

    /// Gathers the flags of `program`; of two with the same name the first counts.
    package init(program: String, _ definitions: [FlagDefinition]) {
        self.program = program
        self.definitions = definitions
        definitionsByName = Dictionary(
            definitions.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Reads `arguments`, the program's own name not among them; of a repeated flag the last one
    /// wins.
    ///
    /// - Throws: `.helpRequested` for `-h` and `--help`; `.refused` with the one line to print.
    package func parse(_ arguments: some Sequence<String>) throws(FlagError) -> FlagValues {
        var values = FlagValues(initially: definitions)
        var words = ArraySlice(Array(arguments))
        while let word = words.popFirst() {
            guard let flag = try Self.split(word) else { break }
            guard let definition = definitionsByName[flag.name] else {
                if flag.name == "help" || flag.name == "h" { throw .helpRequested }
                throw .refused("flag provided but not defined: -\(flag.name)")
            }
            var text = flag.text ?? (definition.isSwitch ? "true" : nil)
            if text == nil { text = words.popFirst() }
            guard let text else { throw .refused("flag needs an argument: -\(flag.name)") }
            do throws(FlagValueError) {
                let earlier = values.earlier(flag.name)
                values.give(flag.name, try definition.value(of: text, after: earlier))
            } catch {
                let subject =
                    definition.isSwitch
                    ? "invalid boolean value \(GoQuotedText.quote(text)) for -\(flag.name)"
                    : "invalid value \(GoQuotedText.quote(text)) for flag -\(flag.name)"
                throw .refused("\(subject): \(error.reason)")
            }
        }
        return values
    }

    /// The name in `word`, and the text behind its first `=`; `nil` when reading stops here.
    private static func split(
        _ word: String
    ) throws(FlagError) -> (name: String, text: String?)? {
        let dash = UInt8(ascii: "-")
        guard word.utf8.count >= 2, word.utf8.first == dash else { return nil }
        if word == "--" { return nil }
        let body = word.utf8.dropFirst(word.utf8.dropFirst().first == dash ? 2 : 1)
        guard let first = body.first, first != dash, first != UInt8(ascii: "=") else {
            throw .refused("bad flag syntax: \(word)")
        }
        guard let equals = body.firstIndex(of: UInt8(ascii: "=")) else {
            return (String(decoding: body, as: UTF8.self), nil)
        }
        return (
            String(decoding: body[..<equals], as: UTF8.self),
            String(decoding: body[equals...].dropFirst(), as: UTF8.self)
        )
    }
}

/// Why reading the arguments ended without values.
package enum FlagError: Error, Equatable {
    /// `-h` or `--help`: print the usage on standard error, exit status 0.
    case helpRequested
    /// A bad flag: print this line and the usage on standard error, exit status 2.
    case refused(String)
    /// A config file, or a value in it, that cannot be used: log this line at FATAL, exit status 1.
    case fatal(String)
}
