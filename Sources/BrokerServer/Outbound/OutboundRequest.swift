import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// One question to another server over HTTP, in NSQ's form.
struct OutboundRequest: Sendable {
    /// What NSQ's servers are told that the client understands.
    private static let mediaType = "application/vnd.nsq; version=1.0"

    /// Where, with the query.
    let url: String
    /// The JSON to post; `nil` for a GET.
    var json: String?

    /// What is sent.
    var request: HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        if let json {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        request.headers.add(name: "Accept", value: Self.mediaType)
        return request
    }
}
