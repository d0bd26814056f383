package import NIOCore
package import NIOHTTP1

/// A complete request, as a route sees it.
package struct RoutedRequest<Route: HTTPRoute>: Sendable {
    /// How it asks.
    package var method: HTTPMethod
    /// The request line's target as it was sent, for the log.
    package var uri: String
    /// The path and the query of ``uri``.
    package var target: RequestTarget
    /// What becomes of it.
    package var resolution: HTTPResolution<Route>
    /// The token of `Authorization: Bearer`; `nil` without one.
    package var secret: [UInt8]?
    /// The value of `Accept`; `nil` without one.
    package var accept: String?
    /// The value of `Accept-Encoding`; `nil` without one.
    var acceptEncoding: String?
    /// Where it came in.
    package var connection: any NetworkChannel
    /// The body, if the route wants one and it was not too long.
    package var body = ByteBuffer()
    /// Whether the body was longer than the route takes.
    package var isBodyTooLong = false

    /// Whether `Accept` names the media type, which must be lower case; its weight is not looked at.
    package func accepts(mediaType: String) -> Bool {
        (accept ?? "").split(separator: ",").contains { range in
            let type = range.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
            return type.lowercased() == mediaType
        }
    }

    /// Whether the client takes a body in gzip; read when asked for, since most routes never ask.
    package var acceptsGzip: Bool { acceptEncoding.map(RequestHeaders.namesGzip) ?? false }

    /// What the access log calls the method.
    var methodName: String { method.rawValue }
}
