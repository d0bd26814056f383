package import NSQCore

extension ProducerIdentity {
    /// Decodes the body of IDENTIFY.
    ///
    /// - Throws: `.badBody`, `.missingFields`.
    init(json: UnsafeRawBufferPointer) throws(LookupdProtocolError) {
        var identity = ProducerIdentity()
        do throws(JSONScanner.Failure) {
            // An empty body is no JSON, other than in a value that may be absent.
            var scanner = JSONScanner(json)
            guard scanner.peek() != nil else { throw .malformed }
            try scanner.object { key, scanner throws(JSONScanner.Failure) in
                try identity.decodeValue(of: key, &scanner)
            }
            try scanner.expectEnd()
        } catch {
            throw .badBody
        }
        guard !identity.broadcastAddress.isEmpty, identity.tcpPort != 0, identity.httpPort != 0,
            !identity.version.isEmpty
        else { throw .missingFields }
        self = identity
    }

    private mutating func decodeValue(
        of key: String,
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Failure) {
        switch key {
        case "broadcast_address": try Self.decode(&broadcastAddress, &scanner)
        case "tcp_port": if try !scanner.takeNull() { tcpPort = try scanner.integer() }
        case "http_port": if try !scanner.takeNull() { httpPort = try scanner.integer() }
        case "version": try Self.decode(&version, &scanner)
        case "hostname": try Self.decode(&hostname, &scanner)
        case "topology_zone": try Self.decode(&topologyZone, &scanner)
        case "topology_region": try Self.decode(&topologyRegion, &scanner)
        case "remote_address":
            // Overwritten, but it has to be a text.
            var ignored = ""
            try Self.decode(&ignored, &scanner)
        default: try scanner.skipValue()
        }
    }

    private static func decode(
        _ field: inout String,
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Failure) {
        if try scanner.takeNull() { return }
        field = try scanner.string()
        guard field.utf8.count <= LookupdLimits.fieldBytes else { throw .wrongType }
    }

    /// The body of IDENTIFY, with the keys in the original's order.
    package var json: String {
        "{\"broadcast_address\":\(GoJSON.quote(broadcastAddress)),\"hostname\":\(GoJSON.quote(hostname))"
            + ",\"http_port\":\(httpPort),\"tcp_port\":\(tcpPort)"
            + ",\"topology_region\":\(GoJSON.quote(topologyRegion))"
            + ",\"topology_zone\":\(GoJSON.quote(topologyZone)),\"version\":\(GoJSON.quote(version))}"
    }
}
