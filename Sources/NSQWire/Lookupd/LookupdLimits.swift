/// What a peer of protocol V1 may send, in bytes.
///
/// The original has no limits, and a negative length ends it (`nsqlookupd` spec Q1, Q2).
package enum LookupdLimits {
    /// A command line with its `\n`.
    package static let lineBytes = 16_384
    /// The JSON of IDENTIFY; an nsqd sends a few hundred bytes.
    package static let bodyBytes = 16_384
    /// Each text in it.
    package static let fieldBytes = 1024
    /// What may have to be kept of input that is no complete command.
    package static let pendingBytes = lineBytes + 4 + bodyBytes
}
