/// What the `--tls-*` flags say.
///
/// Source: `nsqd` spec 5.2 and 7.4.
package struct TLSSettings: Sendable {
    /// `--tls-cert`: a PEM file with the certificate and those between it and a root; empty for no TLS.
    package var certificatePath = ""
    /// `--tls-key`: a PEM file with the private key.
    package var keyPath = ""
    /// `--tls-root-ca-file`: a PEM file with the roots that client certificates are verified against; empty
    /// for those of the system.
    package var rootCAPath = ""
    /// `--tls-client-auth-policy` as it was given: empty, or a word of ``ClientCertificatePolicy``.
    package var clientPolicyWord = ""
    /// `--tls-min-version`.
    package var minimumVersion = MinimumVersion.tls12
    /// `--tls-required`; a policy for client certificates implies it, see ``effectiveRequirement``.
    package var requirement = Requirement.none

    /// What a client must have TLS for.
    package enum Requirement: Int64, Sendable {
        /// For nothing.
        case none = 0
        /// For TCP; plain HTTP stays open.
        case tcp = 1
        /// For TCP and HTTP.
        case everything = 2
    }

    /// The oldest version that is taken, by its number on the wire.
    package enum MinimumVersion: Int64, Sendable {
        /// TLS 1.0.
        case tls10 = 769
        /// TLS 1.1.
        case tls11 = 770
        /// TLS 1.2.
        case tls12 = 771
        /// TLS 1.3.
        case tls13 = 772
    }

    /// What is asked of a client's certificate.
    package enum ClientCertificatePolicy: String, Sendable {
        /// It is not asked for.
        case none = ""
        /// There must be one; who signed it does not matter.
        case require
        /// It must lead to a root.
        case requireVerify = "require-verify"
    }

    /// No TLS.
    package init() {}

    /// Whether a certificate or a key is named.
    var isConfigured: Bool { !certificatePath.isEmpty || !keyPath.isEmpty }

    /// ``requirement``, raised to everything by a policy for client certificates.
    package var effectiveRequirement: Requirement {
        requirement == .none && !clientPolicyWord.isEmpty ? .everything : requirement
    }
}
