import BrokerServer
import Logging
import NSQCore
import ServerSupport
import ServiceLifecycle
import UnixSignals

/// Reads certificate and key again at each SIGHUP; connections that stand keep what they agreed on.
struct CertificateReload: Service {
    let tls: TLSAcceptor
    let logger: Logger

    func run() async {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            do throws(StartupFailure) {
                try tls.reload()
                logger.info("TLS: certificate reloaded")
            } catch {
                logger.error("TLS: the certificate in use stays - \(error)")
            }
        }
    }
}
