package import NIOHTTP1

/// What the header fields of a request say about its framing, gathered in one pass.
///
/// The decoder refuses most ambiguous framing itself; what is checked here is what it leaves to its
/// user, so that no proxy in front can see another request than this server does.
package struct RequestHeaders {
    /// The declared length of the body; `nil` without one or for chunks, the maximum when over 63
    /// bits.
    package private(set) var contentLength: Int?
    /// Whether the client waits for `100 Continue` before it sends the body.
    package private(set) var expectsContinue = false
    /// Whether the decoder stops after this request, so that the connection has to end with it.
    package private(set) var endsDecoding = false
    /// The values of `Host`, `Origin` and `Sec-Fetch-Site`.
    private(set) var host: String?
    private(set) var origin: String?
    private(set) var fetchSite: String?
    /// The value of `Accept`; `nil` without one.
    private(set) var accept: String?
    /// The values of `Accept-Encoding`, as one list; `nil` without one.
    private(set) var acceptEncoding: String?
    /// The token of `Authorization: Bearer`; `nil` without one.
    private(set) var bearerToken: [UInt8]?
    /// The status to refuse the request with; `nil` for a proper one.
    package private(set) var refusal: Int?

    /// Whether `Accept-Encoding` names gzip.
    package var acceptsGzip: Bool { acceptEncoding.map(Self.namesGzip) ?? false }

    /// Reads the fields of `head`.
    package init(_ head: HTTPRequestHead) {
        if case .CONNECT = head.method { endsDecoding = true }
        let isHTTP10 = head.version == .http1_0
        var hostCount = 0
        var isChunked = false
        for (name, sent) in head.headers {
            let value = Self.withoutTrailingSpace(sent)
            switch name.utf8.count {
            case 4 where Self.matches(name, "host"):
                hostCount += 1
                host = value
            case 6 where Self.matches(name, "origin"):
                origin = value
            case 14 where Self.matches(name, "sec-fetch-site"):
                fetchSite = value
            case 6 where Self.matches(name, "accept"):
                accept = value
            case 6 where Self.matches(name, "expect"):
                expectsContinue = Self.matches(value, "100-continue") && !isHTTP10
                if !Self.matches(value, "100-continue") { refusal = refusal ?? 417 }
            case 7 where Self.matches(name, "upgrade"):
                endsDecoding = true
            case 13 where Self.matches(name, "authorization"):
                bearerToken = Self.token(value)
            case 14 where Self.matches(name, "content-length"):
                if contentLength != nil { refusal = 400 }
                contentLength = Self.length(value)
                if contentLength == nil { refusal = 400 }
            case 15 where Self.matches(name, "accept-encoding"):
                acceptEncoding = acceptEncoding.map { "\($0),\(value)" } ?? value
            case 17 where Self.matches(name, "transfer-encoding"):
                if isChunked || isHTTP10 || !Self.matches(value, "chunked") { refusal = 400 }
                isChunked = true
            default:
                break
            }
        }
        let lacksHost = hostCount == 0 && !isHTTP10
        if hostCount > 1 || lacksHost || (isChunked && contentLength != nil) { refusal = 400 }
    }

    /// `value` without the white space behind it, which is no part of it (RFC 9110 §5.5).
    private static func withoutTrailingSpace(_ value: String) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        guard let last = value.utf8.last, isSpace(last) else { return value }
        return String(
            decoding: value.utf8.reversed().drop(while: isSpace).reversed(),
            as: UTF8.self
        )
    }

    /// Compares without regard to ASCII case; `lowercase` must be lower case.
    private static func matches(_ text: String, _ lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { expected in
            text.utf8.count == expected.count
                && zip(text.utf8, expected).allSatisfy { byte, wanted in
                    byte == wanted || ((0x41...0x5a).contains(byte) && byte | 0x20 == wanted)
                }
        }
    }

    /// Whether a list of codings (RFC 9110 §12.5.3) has gzip with a weight above zero.
    static func namesGzip(_ value: String) -> Bool {
        // What Go and Python send: no list is made of it.
        if matches(value, "gzip") { return true }
        return value.split(separator: ",").contains { coding in
            let parts = coding.filter { $0 != " " && $0 != "\t" }.split(separator: ";")
            guard let name = parts.first, matches(String(name), "gzip") else { return false }
            return parts.dropFirst().allSatisfy { parameter in
                parameter.lowercased().hasPrefix("q=")
                    && parameter.dropFirst(2).contains { ("1"..."9").contains($0) }
            }
        }
    }

    /// What follows the scheme `Bearer` and a space (RFC 6750); `nil` for another scheme.
    private static func token(_ value: String) -> [UInt8]? {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, matches(String(parts[0]), "bearer"),
            // What was no UTF-8 has been replaced, and another secret may have become the same.
            !value.unicodeScalars.contains("\u{FFFD}")
        else { return nil }
        return Array(parts[1].utf8)
    }

    /// `nil` when `value` is not all digits.
    private static func length(_ value: String) -> Int? {
        guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(value) ?? .max
    }
}
