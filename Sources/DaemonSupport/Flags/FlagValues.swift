/// The values of all flags of a program after its arguments were read.
package struct FlagValues: Sendable {
    private var values: [String: FlagValue]

    /// The names of the flags that the arguments gave, as against those at their initial value.
    package private(set) var given: Set<String> = []

    init(initially definitions: [FlagDefinition]) {
        values = Dictionary(
            definitions.map { ($0.name, $0.initialValue) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The value of the flag `name`; `nil` only when there is no such flag.
    package subscript(name: String) -> FlagValue? { values[name] }

    /// Whether the switch `name` is on.
    package func isOn(_ name: String) -> Bool { values[name] == .boolean(true) }

    /// Sets what the arguments did not give, from a config file.
    package mutating func settle(_ name: String, _ value: FlagValue) {
        guard !given.contains(name) else { return }
        values[name] = value
    }

    mutating func give(_ name: String, _ value: FlagValue) {
        values[name] = value
        given.insert(name)
    }

    /// What a repetition of `name` adds to: its value if the arguments gave one before.
    func earlier(_ name: String) -> FlagValue? {
        given.contains(name) ? values[name] : nil
    }
}
