import NSQWire
import ServerSupport

/// What an auth server is asked about one client.
///
/// Source: `nsqd` spec 7.1.
struct AuthQuestion: Hashable, Sendable {
    /// The body of AUTH, which may be any bytes.
    var secret: [UInt8]
    /// The client's IP; empty for a unix socket.
    var remoteIP: String
    /// The common name in the client's certificate; empty without one.
    var commonName: String
    /// Whether the client's stream is a TLS stream.
    var isTLS: Bool

    private var fields: [(name: String, value: [UInt8])] {
        [
            ("common_name", Array(commonName.utf8)), ("remote_ip", Array(remoteIP.utf8)),
            ("secret", secret), ("tls", Array("\(isTLS)".utf8)),
        ]
    }

    /// The question as the query of a URL, in a form's encoding.
    var query: String {
        fields.map { "\($0.name)=\(PercentCoding.encodeFormValue($0.value))" }.joined(
            separator: "&"
        )
    }

    /// The question as a JSON object of lists.
    var json: String {
        let members = fields.map { field in
            "\"\(field.name)\":[\(GoJSON.quote(String(decoding: field.value, as: UTF8.self)))]"
        }
        return "{\(members.joined(separator: ","))}"
    }
}
