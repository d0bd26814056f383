import NIOSSL

/// What TLS agreed on for one connection, as `/stats` and auth servers are told.
struct TLSFacts: Sendable {
    /// `TLS1.0` to `TLS1.3`.
    var version: String
    /// The IANA name of the cipher suite.
    var cipherSuite: String
    /// The common name in the client's certificate; empty without one.
    var commonName: String

    /// Reads the facts of a handshake that is complete.
    init(_ handler: NIOSSLServerHandler, suite: UInt16?) {
        version =
            switch handler.tlsVersion {
            case .tlsv1: "TLS1.0"
            case .tlsv11: "TLS1.1"
            case .tlsv12: "TLS1.2"
            case .tlsv13: "TLS1.3"
            case nil: ""
            }
        cipherSuite = suite.map(CipherSuiteName.text) ?? ""
        commonName = handler.peerCertificate.flatMap(CertificateSubject.commonName) ?? ""
    }
}
