/// How an nsqlookupd introduces itself in the reply to IDENTIFY.
///
/// Source: `nsqd` spec 6.2.
package struct LookupdIdentity: Equatable, Sendable {
    /// `broadcast_address`: the host of its HTTP API; empty when it names none.
    package private(set) var broadcastAddress = ""
    /// `http_port`.
    package private(set) var httpPort: Int64 = 0
    /// `tcp_port`.
    package private(set) var tcpPort: Int64 = 0
    /// `version`.
    package private(set) var version = ""

    /// Decodes `json`; `nil` when it is not the JSON that is expected, or a text in it is too long.
    package init?(json: UnsafeRawBufferPointer) {
        do throws(JSONScanner.Failure) {
            var scanner = JSONScanner(json)
            guard scanner.peek() != nil else { return nil }
            try scanner.object { key, scanner throws(JSONScanner.Failure) in
                try decodeValue(of: key, &scanner)
            }
            try scanner.expectEnd()
        } catch {
            return nil
        }
        guard broadcastAddress.utf8.count <= LookupdLimits.fieldBytes,
            version.utf8.count <= LookupdLimits.fieldBytes
        else { return nil }
    }

    private mutating func decodeValue(
        of key: String,
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Failure) {
        switch key {
        case "broadcast_address":
            if try !scanner.takeNull() { broadcastAddress = try scanner.string() }
        case "http_port": if try !scanner.takeNull() { httpPort = try scanner.integer() }
        case "tcp_port": if try !scanner.takeNull() { tcpPort = try scanner.integer() }
        case "version": if try !scanner.takeNull() { version = try scanner.string() }
        default: try scanner.skipValue()
        }
    }
}
