import NIOCore

/// One auth server by its URL.
///
/// Source: `nsqd` spec 7.1.
struct AuthServer: Sendable, CustomStringConvertible {
    /// The URL, without the question.
    private let url: String

    /// Takes `address` as it is when it is a URL, and as `host:port` otherwise.
    init(_ address: String) {
        url = address.contains("://") ? address : "http://\(address)/auth"
    }

    /// The URL, without what may be a secret in it.
    var description: String { Self.shown(url) }

    /// `address` without user, password and query, for logs and `/config`.
    package static func shown(_ address: String) -> String {
        let bare = address.prefix { $0 != "?" }
        guard let scheme = bare.firstRange(of: "://") else { return String(bare) }
        let authority = bare[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return String(bare) }
        return String(bare[..<scheme.upperBound] + bare[bare.index(after: at)...])
    }

    /// The request that asks `question` with `method`, `get` or `post`.
    func request(_ question: AuthQuestion, method: String) -> OutboundRequest {
        method == "post"
            ? OutboundRequest(url: url, json: question.json)
            : OutboundRequest(url: "\(url)?\(question.query)")
    }

    /// The same server over HTTPS, on the port that the body of its 403 names as `https_port`; `nil` where it
    /// names none.
    func secured(bySuggestion body: ByteBuffer) -> AuthServer? {
        OutboundClient.secured(url, suggestedBy: body).map(AuthServer.init)
    }
}
