import NIOCore
import NIOSSL
package import NSQCore
private import Synchronization

/// The server's side of TLS for both fronts: certificate, key and what is asked of clients.
///
/// Safe to use from any thread. Source: `nsqd` spec 7.4.
package final class TLSAcceptor: Sendable {
    private let settings: TLSSettings
    private let policy: TLSSettings.ClientCertificatePolicy
    private let context: Mutex<NIOSSLContext>

    /// Reads the files that `settings` name; blocks on the disk.
    ///
    /// - Returns: `nil` when no certificate is named and none is needed.
    /// - Throws: ``StartupFailure`` for files that cannot be used, and for settings that contradict each
    ///   other.
    package static func load(_ settings: TLSSettings) throws(StartupFailure) -> TLSAcceptor? {
        guard let policy = TLSSettings.ClientCertificatePolicy(rawValue: settings.clientPolicyWord)
        else {
            // The original would go on and ask for no certificate: see quirk Q25.
            throw StartupFailure(
                .settings,
                "--tls-client-auth-policy must be require or require-verify"
            )
        }
        guard settings.isConfigured else {
            guard settings.effectiveRequirement == .none else {
                throw StartupFailure(
                    .settings,
                    "cannot require TLS client connections without TLS key and cert"
                )
            }
            return nil
        }
        return try TLSAcceptor(settings, policy)
    }

    private init(
        _ settings: TLSSettings,
        _ policy: TLSSettings.ClientCertificatePolicy
    ) throws(StartupFailure) {
        self.settings = settings
        self.policy = policy
        context = Mutex(try Self.makeContext(settings, policy))
    }

    /// Reads the files again, for connections made from now on; blocks on the disk.
    ///
    /// - Throws: ``StartupFailure`` for files that cannot be used; what held before holds on.
    package func reload() throws(StartupFailure) {
        let fresh = try Self.makeContext(settings, policy)
        context.withLock { $0 = fresh }
    }

    /// The handler that makes one connection's stream a TLS stream.
    func makeHandler() -> NIOSSLServerHandler {
        let context = context.withLock { $0 }
        guard policy == .require else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(
            context: context,
            customVerificationCallback: { _, verified in verified.succeed(.certificateVerified) }
        )
    }

    private static func makeContext(
        _ settings: TLSSettings,
        _ policy: TLSSettings.ClientCertificatePolicy
    ) throws(StartupFailure) -> NIOSSLContext {
        do {
            let key = try NIOSSLPrivateKey(file: settings.keyPath, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(settings.certificatePath)
                    .map { .certificate($0) },
                privateKey: .privateKey(key)
            )
            configuration.minimumTLSVersion = settings.minimumVersion.version
            configuration.certificateVerification =
                policy == .none ? .none : .noHostnameVerification
            if !settings.rootCAPath.isEmpty {
                configuration.trustRoots = .certificates(
                    try NIOSSLCertificate.fromPEMFile(settings.rootCAPath)
                )
            }
            // A peer that does not answer the goodbye costs no more than this.
            configuration.shutdownTimeout = .seconds(1)
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw StartupFailure(
                .settings,
                "failed to build TLS config - \(reason(error, settings))"
            )
        }
    }

    /// `error` with the files that it may be about, which the library does not name.
    private static func reason(_ error: any Error, _ settings: TLSSettings) -> String {
        let files = [
            "--tls-cert=\(settings.certificatePath)", "--tls-key=\(settings.keyPath)",
            settings.rootCAPath.isEmpty ? nil : "--tls-root-ca-file=\(settings.rootCAPath)",
        ]
        return "\(error) (\(files.compactMap(\.self).joined(separator: ", ")))"
    }
}

extension TLSSettings.MinimumVersion {
    fileprivate var version: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}
