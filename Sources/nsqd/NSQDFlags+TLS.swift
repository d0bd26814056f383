import BrokerServer
import DaemonSupport

extension NSQDFlags {
    /// The flags for TLS.
    static let tls: [NSQDFlag] = [
        .text("tls-cert", \.tls.certificatePath, "path of the certificate, in PEM"),
        .text("tls-key", \.tls.keyPath, "path of the certificate's private key, in PEM"),
        .text(
            "tls-root-ca-file",
            \.tls.rootCAPath,
            "path of the roots that client certificates are verified against, in PEM\n"
                + "(default is the system's)"
        ),
        .text(
            "tls-client-auth-policy",
            \.tls.clientPolicyWord,
            "certificates of clients: require (one, whoever signed it) or require-verify;\n"
                + "either turns --tls-required on"
        ),
        requirement,
        minimumVersion,
    ]

    private static let requirement = NSQDFlag(
        FlagDefinition(
            "tls-required",
            .booleanOr("tcp-https"),
            initially: .text("false"),
            usage: "refuse clients without TLS; tcp-https leaves plain HTTP open"
        )
    ) { value, configuration in
        configuration.tls.requirement =
            switch value {
            case .text("true"): .everything
            case .text("tcp-https"): .tcp
            default: .none
            }
    }

    private static let versions: [(word: String, version: TLSSettings.MinimumVersion)] = [
        ("tls1.0", .tls10), ("tls1.1", .tls11), ("tls1.2", .tls12), ("tls1.3", .tls13),
    ]

    private static let minimumVersion = NSQDFlag(
        FlagDefinition(
            "tls-min-version",
            .word(allowed: versions.map(\.word) + [""], noun: "TLS version"),
            initially: .text("tls1.2"),
            usage: "oldest TLS version to accept: tls1.0, tls1.1, tls1.2 or tls1.3"
        )
    ) { value, configuration in
        for (word, version) in versions where value == .text(word) {
            configuration.tls.minimumVersion = version
        }
    }
}
