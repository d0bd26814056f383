/// The value of one flag, typed by the flag's ``FlagKind``.
package enum FlagValue: Sendable, Equatable {
    /// The words of a text flag; a word flag in lower case.
    case text(String)
    /// A signed 64-bit number.
    case integer(Int64)
    /// A length of time in nanoseconds.
    case duration(Int64)
    /// A truth value.
    case boolean(Bool)
    /// The values of a repeatable flag in the order given.
    case list([String])
    /// Numbers in the order in which they are used.
    case fractions([Double])
}

/// Why a text is no value of its flag; the text that ends the message of a refused flag.
package struct FlagValueError: Error, Equatable {
    /// The reason in the words of Go's flag package.
    package let reason: String

    /// The text does not have the form that the flag's type asks for.
    package static let syntax = Self(reason: "parse error")

    /// The number does not fit into 64 bits.
    package static let range = Self(reason: "value out of range")
}
