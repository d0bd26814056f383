import NIOCore
import NSQCore

extension StartupFailure {
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
