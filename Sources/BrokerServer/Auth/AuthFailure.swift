import NSQWire

/// Why an auth server gave no grant.
///
/// For the log; a client is told no more than that it failed. No text holds the client's secret.
enum AuthFailure: Error, CustomStringConvertible {
    /// The server gave no answer.
    case unreachable(OutboundClient.Failure)
    /// The server answered with another status than 200.
    case status(UInt)
    /// The answer can not be used.
    case answer(AuthAnswer.Failure)
    /// A topic or channel pattern is no regular expression.
    case badPattern(String)
    /// More patterns than ``AuthGrant/maximumPatterns``.
    case tooManyPatterns(Int)

    var description: String {
        switch self {
        case .unreachable(let failure): "\(failure)"
        case .status(let status): "the answer's status is \(status), not 200"
        case .answer(let failure): "\(failure)"
        case .badPattern(let text):
            "the answer has a pattern \(GoJSON.quote(String(text.prefix(64)))) that is no regular expression"
        case .tooManyPatterns(let count):
            "the answer has \(count) patterns, more than \(AuthGrant.maximumPatterns)"
        }
    }
}
