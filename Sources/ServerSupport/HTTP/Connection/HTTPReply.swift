package import NIOCore
private import PrometheusMetrics

/// One answer of the HTTP API, without what depends on the connection.
///
/// It is encoded here rather than by NIOHTTP1's encoder: the head of the OK to a publish is the
/// same few constant strings each time, and this way it costs no header list and no allocation of
/// its own.
package struct HTTPReply: Sendable {
    /// What `Content-Type` says.
    package enum ContentType: Sendable {
        case text
        case json
        case toml
        /// What Prometheus reads.
        case metrics
    }

    /// How the connection wants a reply framed.
    struct Framing {
        /// The request was HTTP/1.0, where keeping the connection has to be said.
        var isHTTP10 = false
        var keepsAlive = true
        /// For HEAD: the length is told, the body is not sent.
        var omitsBody = false
        /// The value of `Date`.
        var date = ""
    }

    /// The status code.
    package var status: Int
    var contentType: ContentType
    /// Whether `X-Nsq-Content-Type` is sent: not by `/ping`, redirects and OPTIONS.
    var isVersioned = true
    /// Whether ``body`` is gzip (RFC 1952), which the client must have asked for.
    var isGzip = false
    /// The value of `Allow`, if any.
    package var allow: String?
    /// Whether `WWW-Authenticate` is sent, for a bearer token (RFC 6750).
    var asksForSecret = false
    /// The value of `Location`, if any.
    var location: String?
    var body: ByteBuffer

    /// Composes a reply; prefer the factories.
    package init(
        status: Int,
        contentType: ContentType,
        isGzip: Bool = false,
        isVersioned: Bool = true,
        allow: String? = nil,
        location: String? = nil,
        body: ByteBuffer
    ) {
        self.status = status
        self.contentType = contentType
        self.isGzip = isGzip
        self.isVersioned = isVersioned
        self.allow = allow
        self.location = location
        self.body = body
    }

    /// `OK`, the answer to a publish.
    package static let ok = HTTPReply(
        status: 200,
        contentType: .text,
        body: ByteBuffer(string: "OK")
    )

    /// An empty 200, the answer to a change of a topic or channel.
    package static let done = HTTPReply(status: 200, contentType: .text, body: ByteBuffer())

    /// Plain text without `X-Nsq-Content-Type`, for `/ping` and protocol errors.
    package static func plain(_ status: Int, _ text: String) -> HTTPReply {
        HTTPReply(
            status: status,
            contentType: .text,
            isVersioned: false,
            body: ByteBuffer(string: text)
        )
    }

    /// A reply without a body or `X-Nsq-Content-Type`, for redirects and OPTIONS.
    static func bare(_ status: Int, allow: String? = nil, location: String? = nil) -> HTTPReply {
        HTTPReply(
            status: status,
            contentType: .text,
            isVersioned: false,
            allow: allow,
            location: location,
            body: ByteBuffer()
        )
    }

    /// Appends the status line and the header block, up to and with the empty line.
    func writeHead(into output: inout ByteBuffer, _ framing: Framing) {
        output.writeStaticString("HTTP/1.1 ")
        output.writeStaticString(Self.statusText(status))
        if let allow {
            output.writeStaticString("\r\nAllow: ")
            output.writeString(allow)
        }
        if let location {
            output.writeStaticString("\r\nLocation: ")
            output.writeString(location)
        }
        if asksForSecret {
            output.writeStaticString("\r\nWWW-Authenticate: Bearer")
        }
        if body.readableBytes > 0 {
            switch contentType {
            case .text:
                output.writeStaticString("\r\nContent-Type: text/plain; charset=utf-8")
            case .json:
                output.writeStaticString("\r\nContent-Type: application/json; charset=utf-8")
            case .toml:
                output.writeStaticString("\r\nContent-Type: application/toml; charset=utf-8")
            case .metrics:
                output.writeStaticString("\r\nContent-Type: ")
                output.writeStaticString(MetricText.contentType)
            }
        }
        if isGzip {
            output.writeStaticString("\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding")
        }
        if isVersioned {
            output.writeStaticString("\r\nX-Nsq-Content-Type: nsq; version=1.0")
        }
        output.writeStaticString("\r\nDate: ")
        output.writeString(framing.date)
        output.writeStaticString("\r\nContent-Length: ")
        output.writeString(String(body.readableBytes))
        if !framing.keepsAlive {
            output.writeStaticString("\r\nConnection: close")
        } else if framing.isHTTP10 {
            output.writeStaticString("\r\nConnection: keep-alive")
        }
        output.writeStaticString("\r\n\r\n")
    }

    /// The codes that this server sends, with the words that the original sends.
    private static func statusText(_ status: Int) -> StaticString {
        switch status {
        case 200: "200 OK"
        case 301: "301 Moved Permanently"
        case 308: "308 Permanent Redirect"
        case 400: "400 Bad Request"
        case 401: "401 Unauthorized"
        case 403: "403 Forbidden"
        case 404: "404 Not Found"
        case 405: "405 Method Not Allowed"
        case 409: "409 Conflict"
        case 413: "413 Request Entity Too Large"
        case 417: "417 Expectation Failed"
        case 421: "421 Misdirected Request"
        case 431: "431 Request Header Fields Too Large"
        case 503: "503 Service Unavailable"
        default: "500 Internal Server Error"
        }
    }
}
