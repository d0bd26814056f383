package import Broker
package import Logging
import NSQWire

/// What all connections of a front share: the broker, the limits from the flags, the client list.
package final class ConnectionEnvironment: Sendable {
    /// The topics and channels.
    let broker: Broker
    /// The clients that `/stats` shows.
    let clients: ClientRegistry
    /// Where connections report to.
    let logger: Logger
    /// The daemon's settings.
    let configuration: NSQDConfiguration
    /// Bounds of commands.
    let commandLimits: CommandLimits
    /// Bounds of IDENTIFY.
    let identifyLimits: IdentifyLimits
    /// `nil` without a certificate.
    let tls: TLSAcceptor?
    /// `nil` where everybody may do everything.
    let auth: AuthClient?
    /// What all clients may have incomplete of IDENTIFY and AUTH, which come before anybody is known: either
    /// may be as long as `--max-body-size` allows.
    let handshakeBudget = ByteBudget(8 << 20)
    /// Told of connections that are gone.
    let memoryReturn = MemoryReturn()
    /// What all clients may leave unread before deliveries become smaller.
    let outputBudget = ByteBudget(1 << 20)

    /// Derives the limits from `configuration`.
    package init(
        broker: Broker,
        clients: ClientRegistry,
        configuration: NSQDConfiguration,
        tls: TLSAcceptor?,
        auth: AuthClient?,
        logger: Logger
    ) {
        self.broker = broker
        self.clients = clients
        self.configuration = configuration
        self.logger = logger
        self.tls = tls
        self.auth = auth
        commandLimits = CommandLimits(
            maximumMessageBytes: configuration.maximumMessageBytes,
            maximumBodyBytes: configuration.maximumBodyBytes,
            maximumReadyCount: configuration.maximumReadyCount,
            maximumRequeueTimeout: configuration.maximumRequeueTimeout
        )
        var limits = IdentifyLimits()
        limits.maximumHeartbeatInterval = configuration.maximumHeartbeatInterval
        limits.minimumOutputBufferTimeout = configuration.minimumOutputBufferTimeout
        limits.maximumOutputBufferTimeout = configuration.maximumOutputBufferTimeout
        limits.maximumOutputBufferBytes = configuration.maximumOutputBufferBytes
        limits.maximumMessageTimeout = configuration.maximumMessageTimeout
        limits.maximumDeflateLevel = configuration.maximumDeflateLevel
        limits.offersTLS = tls != nil
        limits.offersDeflate = configuration.offersDeflate
        limits.offersSnappy = configuration.offersSnappy
        identifyLimits = limits
    }

    /// Whether commands are refused on a stream in the clear.
    var requiresTLS: Bool { configuration.tls.effectiveRequirement != .none }

    /// What holds for a connection before IDENTIFY.
    var initialSettings: ConnectionSettings {
        var settings = ConnectionSettings(
            outputBufferTimeout: configuration.outputBufferTimeout,
            messageTimeout: configuration.messageTimeout
        )
        settings.deflateLevel = min(settings.deflateLevel, configuration.maximumDeflateLevel)
        return settings
    }
}
