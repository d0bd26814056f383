package import Logging
import NSQCore
package import ServiceLifecycle
import UnixSignals

/// A daemon as a program: reads its arguments, runs its services, and turns the outcome into an exit status.
package struct DaemonProgram<Configuration: DaemonConfiguration>: Sendable {
    /// What the services of a daemon are made from.
    package struct Setup: Sendable {
        /// What the arguments ask for; ranges are not checked yet.
        package let settings: DaemonSettings<Configuration>
        /// The daemon's log.
        package let logger: Logger
        /// Changes the level of the whole log, from any thread.
        package let setLogLevel: @Sendable (Logger.Level) -> Void
        /// The first line of the log.
        package let versionLine: String
    }

    /// The program's name.
    package let name: String
    private let flags: [DaemonFlag<Configuration>]
    private let makeServices: @Sendable (Setup) throws -> [any Service]

    /// Describes a daemon.
    ///
    /// `makeServices` gives its services: the daemon itself, with which everything ends, and those beside it.
    package init(
        _ name: String,
        flags: [DaemonFlag<Configuration>],
        makeServices: @escaping @Sendable (Setup) throws -> [any Service]
    ) {
        self.name = name
        self.flags = flags
        self.makeServices = makeServices
    }

    /// Runs the daemon until it is told to stop by SIGTERM or SIGINT.
    package func run(_ arguments: [String]) async -> ExitStatus {
        let settings: DaemonSettings<Configuration>
        do throws(FlagError) {
            settings = try DaemonSettings(arguments, program: name, flags: flags)
        } catch {
            return explain(error)
        }
        let versionLine = VersionLine.text(program: name)
        if settings.wantsVersion {
            StandardStream.output.write(versionLine + "\n")
            return .success
        }
        IgnoredSignals.install()
        QuitSignal.install()
        FileDescriptorLimit.raise()
        do {
            try await serve(settings, versionLine)
            return .success
        } catch let failure as StartupFailure {
            logFatal("failed to instantiate \(name) - \(failure)", settings.logFormat)
            return Self.exitStatus(of: failure)
        } catch {
            logFatal("exiting - \(error)", settings.logFormat)
            return .failure
        }
    }

    private func explain(_ error: FlagError) -> ExitStatus {
        let usage = UsageText.text(of: FlagSet(program: name, flags.map(\.definition)))
        switch error {
        case .helpRequested:
            StandardStream.error.write(usage)
            return .success
        case .refused(let line):
            StandardStream.error.write(line + "\n" + usage)
            return .usage
        case .fatal(let line):
            logFatal(line)
            return .failure
        }
    }

    private func serve(
        _ settings: DaemonSettings<Configuration>,
        _ versionLine: String
    ) async throws {
        let threshold = LogThreshold(settings.logLevel)
        let logger = Logger(label: name) { _ in
            NSQLineLogHandler(
                prefix: settings.logPrefix,
                format: settings.logFormat,
                level: threshold
            )
        }
        let services = try makeServices(
            Setup(
                settings: settings,
                logger: logger,
                setLogLevel: threshold.set,
                versionLine: versionLine
            )
        )
        var lifecycleLogger = logger
        lifecycleLogger.logLevel = max(logger.logLevel, .warning)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.enumerated().map { index, service in
                    .init(
                        service: service,
                        successTerminationBehavior: index == 0 ? .gracefullyShutdownGroup : .ignore
                    )
                },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: lifecycleLogger
            )
        )
        try await group.run()
    }

    /// Prints a line that no level can hide, as the original does (quirk Q43).
    private func logFatal(_ message: String, _ format: LogFormat = .text) {
        StandardStream.error.write(
            format.line(
                prefix: "[\(name)] ",
                at: .now(),
                level: .fatal,
                message: message,
                fields: [:]
            )
        )
    }

    private static func exitStatus(of failure: StartupFailure) -> ExitStatus {
        switch failure.kind {
        case .settings, .address, .dataPath: .failure
        case .newerStore: .newerStore
        }
    }
}
