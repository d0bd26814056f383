import AsyncHTTPClient
private import FoundationEssentials
import NIOCore
import NIOHTTP1
import NSQWire

/// One auth server by its URL.
///
/// Source: `nsqd` spec 7.1.
struct AuthServer: Sendable, CustomStringConvertible {
    private static let mediaType = "application/vnd.nsq; version=1.0"

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
    func request(_ question: AuthQuestion, method: String) -> HTTPClientRequest {
        var request: HTTPClientRequest
        if method == "post" {
            request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: question.json))
        } else {
            request = HTTPClientRequest(url: "\(url)?\(question.query)")
        }
        request.headers.add(name: "Accept", value: Self.mediaType)
        return request
    }

    /// The same server over HTTPS, on the port that the body of its 403 names as `https_port`; `nil` where it
    /// names none.
    func secured(bySuggestion body: ByteBuffer) -> AuthServer? {
        guard var components = URLComponents(string: url), components.scheme == "http",
            let port = body.withUnsafeReadableBytes(HTTPSPort.suggested)
        else { return nil }
        components.scheme = "https"
        components.port = port
        return components.string.map(AuthServer.init)
    }
}
