import NIOCore
import NIOHTTP1

/// A complete request, as a route sees it.
struct HTTPRequest: Sendable {
    var method: HTTPMethod
    /// The request line's target as it was sent, for the log.
    var uri: String
    var target: RequestTarget
    var resolution: HTTPRouter.Resolution
    /// What an auth server would be asked about the client; `nil` when it sent no secret, or none is asked.
    var question: AuthQuestion?
    /// The body, if the route wants one and it was not too long.
    var body = ByteBuffer()
    /// Whether the body was longer than the route takes.
    var isBodyTooLong = false

    /// What the access log calls the method.
    var methodName: String { method.rawValue }
}
