import Lookup
import NSQCore

/// Every setting of a running nsqlookupd, after flags, config file and defaults were merged and validated.
///
/// Source: `nsqlookupd` spec 8.
package struct LookupConfiguration: Sendable {
    /// `--tcp-address`.
    package var tcpAddress = "0.0.0.0:4160"
    /// `--http-address`; empty for no HTTP.
    package var httpAddress = "0.0.0.0:4161"
    /// `--broadcast-address`: what nsqd is told to ask over HTTP.
    package var broadcastAddress = ""
    /// This machine's host name.
    package var hostname = ""
    /// `--inactive-producer-timeout`.
    package var inactiveProducerTimeout = Duration.seconds(300)
    /// `--tombstone-lifetime`.
    package var tombstoneLifetime = Duration.seconds(45)
    /// `--idle-timeout`: a connection without a complete command for so long is closed; 0 for never.
    package var idleTimeout = Duration.seconds(600)
    /// `--max-producer-registrations`.
    package var maximumProducerRegistrations = LookupLimits().maximumProducerRegistrations
    /// `--max-names`.
    package var maximumNames = LookupLimits().maximumNames
    /// `--data-path`: where the last view is kept for a warm start; empty for nowhere.
    package var dataPath = ""

    /// The defaults of the original.
    package init() {}

    /// What holds for the registrations.
    var limits: LookupLimits {
        var limits = LookupLimits()
        limits.inactiveProducerTimeout = inactiveProducerTimeout.wholeNanoseconds
        limits.tombstoneLifetime = tombstoneLifetime.wholeNanoseconds
        limits.maximumProducerRegistrations = maximumProducerRegistrations
        limits.maximumNames = maximumNames
        return limits
    }
}
