import BrokerServer
import DaemonSupport
import ServerSupport

/// What the arguments of nsqd ask for.
struct NSQDSettings: Sendable {
    /// `--version`: print the version line and do nothing else.
    let wantsVersion: Bool

    /// `--log-level`.
    let logLevel: NSQLogLevel

    /// `--log-format`.
    let logFormat: LogFormat

    /// `--log-prefix`.
    let logPrefix: String

    /// Everything that the server itself is told.
    let configuration: NSQDConfiguration

    private let flags: [NSQDFlag]
    private let values: FlagValues

    /// Reads `arguments` on a machine called `hostName`; settings are not checked yet.
    init(
        _ arguments: [String],
        hostName: String = HostName.current()
    ) throws(FlagError) {
        let flags = NSQDFlags.all(hostName: hostName)
        var values = try Self.flagSet(flags).parse(arguments)
        wantsVersion = values.isOn("version")
        // The version is told whatever the file says.
        if !wantsVersion, let path = Self.word(values["config"]), !path.isEmpty {
            try Self.apply(configFile: path, to: &values, of: flags)
        }
        self.flags = flags
        self.values = values
        logLevel = Self.word(values["log-level"]).flatMap(NSQLogLevel.init(word:)) ?? .info
        logFormat = Self.word(values["log-format"]).flatMap(LogFormat.init) ?? .text
        logPrefix = Self.word(values["log-prefix"]) ?? ""

        var configuration = NSQDConfiguration()
        for flag in flags {
            guard let value = values[flag.definition.name] else { continue }
            flag.set(value, in: &configuration)
            if let key = flag.optionKey { configuration.options[key] = Self.option(value) }
        }
        configuration.options["log_level"] = .number(Int64(logLevel.rawValue))
        let tls = configuration.tls
        configuration.options["tls_required"] = .number(tls.effectiveRequirement.rawValue)
        configuration.options["tls_min_version"] = .number(tls.minimumVersion.rawValue)
        configuration.hostname = hostName
        if configuration.dataPath.isEmpty { configuration.dataPath = "." }
        self.configuration = configuration
    }

    /// Sets what the arguments left open from the file at `path`.
    private static func apply(
        configFile path: String,
        to values: inout FlagValues,
        of flags: [NSQDFlag]
    ) throws(FlagError) {
        let file: ConfigFile
        do throws(ConfigFile.Unreadable) {
            file = try ConfigFile(path: path)
        } catch {
            throw .fatal("failed to load config file \(path) - \(error)")
        }
        for flag in flags {
            guard let key = flag.optionKey, let setting = file[key] else { continue }
            do throws(FlagValueError) {
                values.settle(flag.definition.name, try flag.definition.value(of: setting))
            } catch {
                throw .fatal("failed parsing \(key) \(setting) in \(path) - \(error.reason)")
            }
        }
    }

    /// What `--help` prints.
    static var usage: String {
        UsageText.text(of: flagSet(NSQDFlags.all(hostName: HostName.current())))
    }

    private static func flagSet(_ flags: [NSQDFlag]) -> FlagSet {
        FlagSet(program: "nsqd", flags.map(\.definition))
    }

    /// Refuses settings that nsqd cannot serve with, in the order of the original, then our own
    /// limits.
    ///
    /// The original takes several of them and crashes or stalls later. Source: `nsqd` spec 5.2 and
    /// Q31.
    func validate() throws(StartupFailure) {
        try checkRange(of: "max-deflate-level")
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
        for flag in flags { try checkRange(of: flag.definition.name) }
    }

    private func checkRange(of name: String) throws(StartupFailure) {
        guard let range = flags.first(where: { $0.definition.name == name })?.legalRange else {
            return
        }
        let number: Int64
        let show: (Int64) -> String
        switch values[name] {
        case .integer(let value): (number, show) = (value, { "\($0)" })
        case .duration(let value): (number, show) = (value, GoDuration.text(nanoseconds:))
        default: return
        }
        guard !range.contains(number) else { return }
        let limits =
            range.upperBound == .max
            ? "at least \(show(range.lowerBound))"
            : "[\(show(range.lowerBound)),\(show(range.upperBound))]"
        throw StartupFailure(.settings, "--\(name) must be \(limits)")
    }

    private static func word(_ value: FlagValue?) -> String? {
        guard case .text(let text) = value else { return nil }
        return text
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
