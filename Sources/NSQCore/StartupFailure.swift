/// Why a daemon could not start: the text behind `failed to instantiate nsqd - `.
package struct StartupFailure: Error, CustomStringConvertible {
    /// The kinds of failure, each with its exit status.
    package enum Kind: Sendable {
        /// A setting is out of range.
        case settings
        /// An address cannot be listened on.
        case address
        /// The data path is locked, missing or cannot be used.
        case dataPath
        /// The store was written by a newer version; nothing was touched.
        case newerStore
    }

    /// The kind of failure.
    package let kind: Kind

    /// One line for the operator.
    package let description: String

    /// Composes a failure; prefer the factories.
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
