import NIOCore
import NIOHTTP1

/// The request that a connection has in hand, from its head to its answer.
struct HTTPExchange<Route: HTTPRoute> {
    /// Complete once ``complete()`` was called.
    private(set) var request: RoutedRequest<Route>
    /// The reply, when the head alone decided it.
    private(set) var verdict: HTTPReply?
    /// How the reply is to be framed.
    var framing: HTTPReply.Framing
    /// When the route was asked, for the access log.
    private(set) var start = NIODeadline.uptimeNanoseconds(0)

    private var body: BodyCollector
    private let declaredLength: Int?
    private let expectsContinue: Bool

    /// Opens the exchange for `head`; with `requiresTLS` it is refused whatever it asks for.
    ///
    /// - Throws: The status to refuse the request with, when it is no proper one.
    init(
        _ head: HTTPRequestHead,
        router: HTTPRouter<Route>,
        browsers: BrowserGuard,
        connection: any NetworkChannel,
        requiresTLS: Bool
    ) throws(MalformedRequest) {
        let headers = RequestHeaders(head)
        if let status = headers.refusal { throw MalformedRequest(status: status) }
        guard let target = RequestTarget(head.uri) else { throw MalformedRequest(status: 400) }
        let resolution: HTTPResolution<Route> =
            if requiresTLS {
                .tlsRequired
            } else if let refusal = browsers.refusal(of: head.method, headers) {
                .refused(refusal)
            } else {
                router.resolve(method: head.method, path: target.path)
            }
        request = RoutedRequest(
            method: head.method,
            uri: head.uri,
            target: target,
            resolution: resolution,
            secret: headers.bearerToken,
            accept: headers.accept,
            acceptEncoding: headers.acceptEncoding,
            connection: connection
        )
        framing = HTTPReply.Framing()
        framing.isHTTP10 = head.version == .http1_0
        framing.keepsAlive = head.isKeepAlive && !headers.endsDecoding
        if case .HEAD = head.method { framing.omitsBody = true }
        declaredLength = headers.contentLength
        body = BodyCollector(.discard, declaredLength: declaredLength)
        expectsContinue = headers.expectsContinue
    }

    /// Whether the request is to be answered before its body is through.
    var isHopeless: Bool {
        body.isHopeless || (expectsContinue && (body.isTooLong || verdict != nil))
    }

    /// Whether the client has to be told to send the body.
    var needsContinue: Bool { expectsContinue && !isHopeless }

    /// The body is wanted, up to `limit` bytes; called before any of it came.
    mutating func keepBody(limit: Int) {
        body = BodyCollector(.keep(limit: limit), declaredLength: declaredLength)
    }

    /// The request is answered with `reply` whatever the body brings.
    mutating func decide(_ reply: HTTPReply) { verdict = reply }

    /// Takes a part of the body.
    mutating func append(_ part: ByteBuffer) {
        body.append(part)
    }

    /// No more of the body is wanted.
    mutating func complete() {
        request.body = body.bytes
        request.isBodyTooLong = body.isTooLong
        start = .now()
    }
}

/// A request that can not be routed; the connection ends with its reply.
struct MalformedRequest: Error {
    /// 400, 417 or 431.
    var status: Int

    /// The reply, in the original's words.
    var reply: HTTPReply {
        switch status {
        case 417: .plain(status, "417 Expectation Failed")
        case 431: .plain(status, "431 Request Header Fields Too Large")
        default: .plain(status, "400 Bad Request")
        }
    }
}
