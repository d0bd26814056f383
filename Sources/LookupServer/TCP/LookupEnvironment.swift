import Logging
import Lookup
import NIOCore
import NSQCore
import ServerSupport
import Synchronization

/// What all connections of protocol V1 share.
final class LookupEnvironment: Sendable {
    let db: RegistrationDB
    let logger: Logger
    let metrics: LookupMetrics
    let idleTimeout: Duration
    /// What IDENTIFY is answered; the ports are known once both fronts listen.
    private let identity = Mutex<[UInt8]>([])

    init(
        db: RegistrationDB,
        logger: Logger,
        metrics: LookupMetrics,
        idleTimeout: Duration
    ) {
        self.db = db
        self.logger = logger
        self.metrics = metrics
        self.idleTimeout = idleTimeout
    }

    /// The JSON that IDENTIFY is answered.
    var identityJSON: [UInt8] { identity.withLock { $0 } }

    /// Sets what IDENTIFY is answered.
    ///
    /// Source: `nsqlookupd` spec 3.2.
    func identify(_ configuration: LookupConfiguration, tcpPort: Int, httpPort: Int) {
        var json = JSONWriter()
        json.beginObject()
        json.key("broadcast_address")
        json.value(configuration.broadcastAddress)
        json.key("hostname")
        json.value(configuration.hostname)
        json.key("http_port")
        json.value(httpPort)
        json.key("tcp_port")
        json.value(tcpPort)
        json.key("version")
        json.value(ServerVersion.text)
        json.endObject()
        identity.withLock { $0 = Array(json.bytes.readableBytesView) }
    }
}
