import BrokerServer
import DaemonSupport
import Glibc
import Logging
import ServerSupport
import ServiceLifecycle
import UnixSignals

/// The nsqd daemon: reads its arguments, wires the server and turns the outcome into an exit
/// status.
@main
struct NSQD {
    static func main() async {
        let status = await run(Array(CommandLine.arguments.dropFirst()))
        exit(status.rawValue)
    }

    private static func run(_ arguments: [String]) async -> ExitStatus {
        let settings: NSQDSettings
        do throws(FlagError) {
            settings = try NSQDSettings(arguments)
        } catch {
            return explain(error)
        }
        let versionLine = VersionLine.text(program: "nsqd")
        if settings.wantsVersion {
            StandardStream.output.write(versionLine + "\n")
            return .success
        }
        IgnoredSignals.install()
        QuitSignal.install()
        FileDescriptorLimit.raise()
        do {
            try settings.validate()
            try await serve(settings, versionLine: versionLine)
            return .success
        } catch let failure as StartupFailure {
            logFatal("failed to instantiate nsqd - \(failure)")
            return exitStatus(of: failure)
        } catch {
            logFatal("exiting - \(error)")
            return .failure
        }
    }

    private static func explain(_ error: FlagError) -> ExitStatus {
        switch error {
        case .helpRequested:
            StandardStream.error.write(NSQDSettings.usage)
            return .success
        case .refused(let line):
            StandardStream.error.write(line + "\n" + NSQDSettings.usage)
            return .usage
        case .fatal(let line):
            logFatal(line)
            return .failure
        }
    }

    private static func serve(_ settings: NSQDSettings, versionLine: String) async throws {
        let threshold = LogThreshold(settings.logLevel)
        let logger = Logger(label: "nsqd") { _ in
            NSQLineLogHandler(
                prefix: settings.logPrefix,
                format: settings.logFormat,
                level: threshold
            )
        }
        let tls = try TLSAcceptor.load(settings.configuration.tls)
        let metrics = NSQDMetrics()
        let auth = try AuthClient.load(
            settings.configuration.auth,
            rootCAPath: settings.configuration.tls.rootCAPath,
            logger: logger,
            metrics: metrics
        )
        let server = BrokerServer(
            configuration: settings.configuration,
            versionLine: versionLine,
            logger: logger,
            setLogLevel: threshold.set,
            tls: tls,
            auth: auth,
            metrics: metrics,
            report: { stage in
                SystemdNotification.send(stage == .serving ? .ready : .stopping)
            },
            makeBroker: BrokerServer.openBroker
        )
        var lifecycleLogger = logger
        lifecycleLogger.logLevel = max(logger.logLevel, .warning)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)
        ]
        if let tls {
            let reload = CertificateReload(tls: tls, logger: logger)
            services.append(.init(service: reload, successTerminationBehavior: .ignore))
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: lifecycleLogger
            )
        )
        try await group.run()
    }

    /// Prints a line that no setting can hide, as the original does (quirk Q43).
    private static func logFatal(_ message: String) {
        StandardStream.error.write(
            LogLine.text(prefix: "[nsqd] ", at: .now(), level: .fatal, message: message)
        )
    }

    private static func exitStatus(of failure: StartupFailure) -> ExitStatus {
        switch failure.kind {
        case .settings, .address, .dataPath: .failure
        case .newerStore: .newerStore
        }
    }
}
