import NIOHTTP1
import ServerSupport
import Testing

@Suite("Request headers")
struct RequestHeadersTests {
    private func headers(
        _ fields: [(String, String)],
        version: HTTPVersion = .http1_1,
        method: HTTPMethod = .POST
    ) -> RequestHeaders {
        var head = HTTPRequestHead(version: version, method: method, uri: "/pub")
        head.headers = HTTPHeaders([("HOST", "x")] + fields)
        return RequestHeaders(head)
    }

    @Test(arguments: [
        [("content-length", "4"), ("Transfer-Encoding", "chunked")],
        [("Content-Length", "4"), ("Content-Length", "4")],
        [("Content-Length", "+4")], [("Content-Length", "-4")], [("Content-Length", "4 4")],
        [("Content-Length", "")], [("Content-Length", "0x4")],
        [("Transfer-Encoding", "chunked, identity")], [("Transfer-Encoding", "gzip, chunked")],
        [("Transfer-Encoding", "chunked"), ("transfer-encoding", "chunked")],
        [("Host", "y")],
    ])
    func refusesAmbiguousFraming(fields: [(String, String)]) {
        #expect(headers(fields).refusal == 400)
    }

    @Test
    func refusesARequestWithoutHostUnlessItIsOld() {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ping")
        let oldHead = HTTPRequestHead(version: .http1_0, method: .GET, uri: "/ping")

        #expect(RequestHeaders(head).refusal == 400)
        #expect(RequestHeaders(oldHead).refusal == nil)
    }

    @Test
    func readsTheDeclaredLength() {
        #expect(headers([("cOntent-Length", "42")]).contentLength == 42)
        #expect(headers([("Content-Length", "18446744073709551615")]).contentLength == .max)
        #expect(headers([("Content-Length", "18446744073709551615")]).refusal == nil)
        #expect(headers([]).contentLength == nil)
    }

    @Test
    func whiteSpaceBehindAValueIsNoPartOfIt() {
        #expect(headers([("Content-Length", "3 \t")]).contentLength == 3)
        #expect(headers([("Expect", "100-continue ")]).expectsContinue)
        #expect(headers([("Transfer-Encoding", "chunked\t")]).refusal == nil)
        #expect(headers([("Content-Length", " ")]).refusal == 400)
    }

    @Test
    func knowsOneExpectationOnly() {
        #expect(headers([("Expect", "100-Continue")]).expectsContinue)
        #expect(headers([("Expect", "tea")]).refusal == 417)
        #expect(!headers([("Expect", "100-continue")], version: .http1_0).expectsContinue)
    }

    @Test
    func takesGzipFromWhoAsksForIt() {
        for value in ["gzip", "deflate, GZIP;q=0.3", "gzip ; q=1.000\t,br"] {
            #expect(headers([("Accept-Encoding", value)]).acceptsGzip)
        }
        for value in [
            "", "*", "gzip;q=0", "gzip;q=0.000", "gzip;q=", "gzip;level=1", "xgzip", ";,;",
        ] {
            #expect(!headers([("Accept-Encoding", value)]).acceptsGzip)
        }
        #expect(
            headers([("Accept-Encoding", "br"), ("accept-encoding", "gzip")]).acceptsGzip
        )
    }

    @Test
    func seesWhatEndsTheDecoder() {
        #expect(headers([("Upgrade", "h2c")]).endsDecoding)
        #expect(headers([], method: .CONNECT).endsDecoding)
        #expect(!headers([]).endsDecoding)
    }
}
