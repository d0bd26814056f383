import BrokerServer
import DaemonSupport
import NSQCore

/// What the arguments of nsqd ask for, beyond what every daemon's do.
enum NSQDSettings {
    /// The configuration of `settings` on a machine called `hostName`, with what `GET /config` shows.
    ///
    /// - Throws: ``StartupFailure`` for settings that nsqd cannot serve with.
    static func configuration(
        _ settings: DaemonSettings<NSQDConfiguration>,
        hostName: String
    ) throws(StartupFailure) -> NSQDConfiguration {
        try validate(settings)
        var configuration = settings.configuration
        configuration.options = settings.valuesByKey.mapValues(option)
        configuration.options["log_level"] = .number(Int64(settings.logLevel.rawValue))
        let tls = configuration.tls
        configuration.options["tls_required"] = .number(tls.effectiveRequirement.rawValue)
        configuration.options["tls_min_version"] = .number(tls.minimumVersion.rawValue)
        configuration.hostname = hostName
        if configuration.dataPath.isEmpty { configuration.dataPath = "." }
        return configuration
    }

    /// Refuses settings that nsqd cannot serve with, in the order of the original, then our own
    /// limits.
    ///
    /// The original takes several of them and crashes or stalls later. Source: `nsqd` spec 5.2 and
    /// Q31.
    private static func validate(
        _ settings: DaemonSettings<NSQDConfiguration>
    ) throws(StartupFailure) {
        let configuration = settings.configuration
        try settings.checkRange(of: "max-deflate-level")
        if !(0..<1024).contains(configuration.nodeID) {
            throw StartupFailure(.settings, "--node-id must be [0,1024)")
        }
        if configuration.tcpAddress.isEmpty {
            throw StartupFailure(.settings, "--tcp-address must not be empty")
        }
        for quantile in configuration.latencyQuantiles where !(quantile > 0 && quantile <= 1) {
            let reason = "invalid E2E processing latency percentile: \(quantile)"
            throw StartupFailure(.settings, reason)
        }
        try settings.checkRanges()
    }

    private static func option(_ value: FlagValue) -> OptionValue {
        switch value {
        case .text(let text): .text(text)
        case .integer(let number), .duration(let number): .number(number)
        case .boolean(let truth): .boolean(truth)
        case .list(let items): .list(items)
        case .fractions(let numbers): .numbers(numbers)
        }
    }
}
