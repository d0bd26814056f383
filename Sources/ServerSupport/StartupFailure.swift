private import NIOCore
private import NSQCore

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

    /// An address that cannot be listened on; `network` is `tcp` or `unix`.
    ///
    /// Source: `nsqd` spec 11.1.
    static func listening(on address: String, network: String, reason: String) -> Self {
        Self(.address, "listen (\(address)) failed - listen \(network) \(address): \(reason)")
    }

    /// An address that cannot be listened on, for the `error` of the bind.
    static func listening(on address: String, _ error: any Error) -> Self {
        let reason =
            switch error {
            case let failure as IOError:
                "bind: \(SystemErrorText.of(failure.errnoCode).lowercased())"
            case let failure as SocketAddressError.UnknownHost:
                "lookup \(failure.host): no such host"
            default:
                "bind: \(error)"
            }
        let isUnix = if case .unix = ListenAddress(address) { true } else { false }
        return listening(on: address, network: isUnix ? "unix" : "tcp", reason: reason)
    }
}
