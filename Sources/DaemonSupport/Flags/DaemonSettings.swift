package import NSQCore

/// What the arguments of a daemon ask for.
package struct DaemonSettings<Configuration: DaemonConfiguration>: Sendable {
    /// `--version`: print the version line and do nothing else.
    package let wantsVersion: Bool
    /// `--log-level`.
    package let logLevel: NSQLogLevel
    /// `--log-format`.
    package let logFormat: LogFormat
    /// `--log-prefix`.
    package let logPrefix: String
    /// Everything that the server itself is told.
    package let configuration: Configuration

    private let flags: [DaemonFlag<Configuration>]
    private let values: FlagValues

    /// Reads `arguments`, the program's own name not among them; ranges are not checked yet.
    ///
    /// - Throws: ``FlagError``.
    package init(
        _ arguments: [String],
        program: String,
        flags: [DaemonFlag<Configuration>]
    ) throws(FlagError) {
        var values = try FlagSet(program: program, flags.map(\.definition)).parse(arguments)
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
        var configuration = Configuration()
        for flag in flags {
            guard let value = values[flag.definition.name] else { continue }
            flag.set(value, in: &configuration)
        }
        self.configuration = configuration
    }

    /// The values by the key of the config file, for those that have one.
    package var valuesByKey: [String: FlagValue] {
        var result: [String: FlagValue] = [:]
        for flag in flags {
            guard let key = flag.optionKey else { continue }
            result[key] = values[flag.definition.name]
        }
        return result
    }

    /// Sets what the arguments left open from the file at `path`.
    private static func apply(
        configFile path: String,
        to values: inout FlagValues,
        of flags: [DaemonFlag<Configuration>]
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

    /// Refuses values out of their range.
    ///
    /// - Throws: ``StartupFailure`` with the first one's flag and range.
    package func checkRanges() throws(StartupFailure) {
        for flag in flags { try checkRange(of: flag.definition.name) }
    }

    /// Refuses the value of the flag `name` when it is out of its range.
    package func checkRange(of name: String) throws(StartupFailure) {
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
}
