package import Logging
import Lookup
private import NIOCore
private import NIOPosix
package import NSQCore
import ServerSupport
import ServiceLifecycle
import Synchronization

/// nsqlookupd as one service: starts both fronts, and stops them.
///
/// Source: `nsqlookupd` spec 9.2.
package struct LookupServer: Service, CustomStringConvertible {
    private let configuration: LookupConfiguration
    private let versionLine: String
    private let logger: Logger
    private let report: @Sendable (ServiceStage) -> Void

    /// The name of the service in the log.
    package var description: String { "nsqlookupd" }

    /// Prepares the service; nothing is opened yet.
    ///
    /// `versionLine` is the first log line; `report` is told of each stage.
    package init(
        configuration: LookupConfiguration,
        versionLine: String,
        logger: Logger,
        report: @escaping @Sendable (ServiceStage) -> Void
    ) {
        self.configuration = configuration
        self.versionLine = versionLine
        self.logger = logger
        self.report = report
    }

    /// Serves until a graceful shutdown or a cancellation.
    ///
    /// - Throws: ``StartupFailure``; whatever had been opened is closed again.
    package func run() async throws {
        logger.info("\(versionLine)")
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        do {
            try await serve(on: loops)
        } catch {
            await Self.stop(loops)
            throw error
        }
        await Self.stop(loops)
    }

    /// Shows what was known before this start, and has it kept from here on; `nil` without `--data-path`.
    private func keepView(of db: RegistrationDB) async -> Task<Void, Never>? {
        guard !configuration.dataPath.isEmpty else { return nil }
        let keeper = ViewKeeper(db: db, dataPath: configuration.dataPath, logger: logger)
        guard let file = await keeper.recall() else { return nil }
        return Task { await keeper.run(file) }
    }

    private static func stop(_ loops: MultiThreadedEventLoopGroup) async {
        // SWALLOW: loops that fail to stop end with the process.
        try? await loops.shutdownGracefully()
    }

    private func serve(on loops: MultiThreadedEventLoopGroup) async throws {
        let db = RegistrationDB(limits: configuration.limits, time: SystemTime())
        let metrics = LookupMetrics()
        let budget = ConnectionBudget(logger: logger)
        let environment = LookupEnvironment(
            db: db,
            logger: logger,
            metrics: metrics,
            idleTimeout: configuration.idleTimeout
        )
        let isReady = Readiness()
        let startTime = WallClock.seconds
        let http = HTTPFront(
            address: configuration.httpAddress,
            secureDoor: nil,
            requiresTLS: false,
            budget: budget,
            group: loops
        ) { [configuration, logger] _ in
            LookupRoutes(
                db: db,
                configuration: configuration,
                metrics: metrics,
                logger: logger,
                startTime: startTime,
                isReady: { isReady.holds }
            )
        }
        let tcp = LookupTCPFront(
            address: configuration.tcpAddress,
            environment: environment,
            budget: budget,
            group: loops
        )
        let keeping = await keepView(of: db)
        defer { keeping?.cancel() }
        let tcpAddress = try await tcp.start()
        do {
            let httpAddress = try await http.start().http ?? ""
            environment.identify(
                configuration,
                tcpPort: ListenAddress(tcpAddress).portNumber,
                httpPort: ListenAddress(httpAddress).portNumber
            )
            logger.info("TCP: listening on \(tcpAddress)")
            if !httpAddress.isEmpty { logger.info("HTTP: listening on \(httpAddress)") }
            report(.serving)
            // SWALLOW: a cancellation means to stop as well.
            try? await gracefulShutdown()
            isReady.end()
            report(.stopping)
            // While everybody is still there.
            keeping?.cancel()
            await keeping?.value
            logger.info("TCP: closing \(tcpAddress)")
            await tcp.stop()
            if !httpAddress.isEmpty { logger.info("HTTP: closing \(httpAddress)") }
            await http.stop()
        } catch {
            await tcp.stop()
            throw error
        }
    }
}

/// Whether the daemon is not stopping yet.
private final class Readiness: Sendable {
    private let isStopping = Atomic<Bool>(false)

    var holds: Bool { !isStopping.load(ordering: .relaxed) }

    func end() { isStopping.store(true, ordering: .relaxed) }
}
