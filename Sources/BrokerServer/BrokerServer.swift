package import Broker
package import Logging
private import NIOCore
private import NIOPosix
package import NSQCore
import ServerSupport
import ServiceLifecycle

/// nsqd as one service: opens the store, starts the fronts, and closes everything in order.
///
/// Start: store, TCP, HTTP. Stop: TCP with its connections, HTTP, then the broker's checkpoint, so
/// that nothing can be acknowledged behind the checkpoint. Source: `nsqd` spec 11.1 and 11.3.
package struct BrokerServer: Service, CustomStringConvertible {
    /// Opens the store below `dataPath` and the broker over it; called once, off the event loops, may
    /// block.
    ///
    /// It calls `locked` once the data path is this process's, with what was found on the way, and `observe` with
    /// what happens from then on.
    package typealias BrokerFactory =
        @Sendable (
            _ configuration: NSQDConfiguration,
            _ observe: @escaping @Sendable (BrokerEvent) -> Void,
            _ locked: (_ notes: [String]) -> Void
        ) throws -> Broker

    private let configuration: NSQDConfiguration
    private let versionLine: String
    private let logger: Logger
    private let setLogLevel: @Sendable (Logger.Level) -> Void
    private let tls: TLSAcceptor?
    private let auth: AuthClient?
    private let metrics: NSQDMetrics
    private let report: @Sendable (ServiceStage) -> Void
    private let health = HealthWatch()
    private let lookupds: LookupdRegistrar
    private let makeBroker: BrokerFactory

    /// The name of the service in the log.
    package var description: String { "nsqd" }

    /// Prepares the service; nothing is opened yet.
    ///
    /// `versionLine` is the first log line once the data path is locked; `setLogLevel` changes the level of the whole daemon's
    /// log at run time, from any thread; `tls` is what clients are offered, `nil` for no TLS; `auth` tells who may
    /// do what, `nil` for everybody everything, and is shut down in the end; `report` is told of each stage.
    package init(
        configuration: NSQDConfiguration,
        versionLine: String,
        logger: Logger,
        setLogLevel: @escaping @Sendable (Logger.Level) -> Void,
        tls: TLSAcceptor?,
        auth: AuthClient?,
        metrics: NSQDMetrics,
        report: @escaping @Sendable (ServiceStage) -> Void,
        makeBroker: @escaping BrokerFactory
    ) {
        self.configuration = configuration
        self.versionLine = versionLine
        self.logger = logger
        self.setLogLevel = setLogLevel
        self.tls = tls
        self.auth = auth
        self.metrics = metrics
        self.report = report
        lookupds = LookupdRegistrar(logger: logger)
        self.makeBroker = makeBroker
    }

    /// Serves until a graceful shutdown or a cancellation, and returns once the store is closed.
    ///
    /// - Throws: ``StartupFailure``; whatever had been opened is closed again.
    package func run() async throws {
        do {
            try await openAndServe()
        } catch {
            await auth?.shutDown()
            throw error
        }
        await auth?.shutDown()
        logger.info("NSQ: bye")
    }

    private func openAndServe() async throws {
        let broker = try await openStore()
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: max(1, System.coreCount / 2))
        do {
            try await serve(broker, on: loops)
        } catch {
            await close(broker, loops)
            throw error
        }
        logger.info("NSQ: closing topics")
        await close(broker, loops)
    }

    private func close(_ broker: Broker, _ loops: MultiThreadedEventLoopGroup) async {
        await Self.runBlocking { broker.shutDown() }
        // SWALLOW: the store is closed; loops that fail to stop end with the process.
        try? await loops.shutdownGracefully()
    }

    private func openStore() async throws(StartupFailure) -> Broker {
        let opening = await Self.runBlocking { [self] in
            Result {
                try makeBroker(configuration, observe) { notes in
                    logger.info("\(versionLine)")
                    logger.info("ID: \(configuration.nodeID)")
                    for note in notes { logger.warning("\(note)") }
                }
            }
        }
        switch opening {
        case .success(let broker): return broker
        case .failure(let error): throw .opening(error)
        }
    }

    private func observe(_ event: BrokerEvent) {
        event.log(to: logger)
        health.note(event)
        metrics.note(event)
        lookupds.note(event)
    }

    private func serve(_ broker: Broker, on loops: MultiThreadedEventLoopGroup) async throws {
        let clients = ClientRegistry()
        let budget = ConnectionBudget(logger: logger)
        let tcp = TCPFront(
            broker: broker,
            configuration: configuration,
            tls: tls,
            auth: auth,
            clients: clients,
            budget: budget,
            group: loops,
            logger: logger
        )
        let tcpAddress = try await tcp.start()
        do {
            let http = makeHTTPFront(
                broker,
                clients,
                budget,
                loops,
                tcpPort: ListenAddress(tcpAddress).portNumber
            )
            let addresses = try await http.start()
            logger.info("TCP: listening on \(tcpAddress)")
            if let address = addresses.http { logger.info("HTTP: listening on \(address)") }
            if let address = addresses.https { logger.info("HTTPS: listening on \(address)") }
            report(.serving)
            let directory = register(broker, loops, tcpAddress, addresses.http)
            let pushing = startStatsd(broker, loops, httpAddress: addresses.http)
            // SWALLOW: a cancellation means to stop as well.
            try? await gracefulShutdown()
            // First, so that whoever is told that it stops gets nothing more.
            if configuration.drainTimeout > .zero { broker.stopDeliveries() }
            health.stop()
            report(.stopping)
            // Consumers look for other nodes from here on.
            await lookupds.stop()
            await directory.shutDown()
            await drain(broker, tcp)
            pushing?.cancel()
            await pushing?.value
            logger.info("TCP: closing \(tcpAddress)")
            await tcp.stop()
            if let address = addresses.http { logger.info("HTTP: closing \(address)") }
            if let address = addresses.https { logger.info("HTTPS: closing \(address)") }
            await http.stop()
        } catch {
            await tcp.stop()
            throw error
        }
    }

    /// Tells the nsqlookupds of this node, and asks them about new topics from here on.
    private func register(
        _ broker: Broker,
        _ loops: MultiThreadedEventLoopGroup,
        _ tcpAddress: String,
        _ httpAddress: String?
    ) -> LookupdChannels {
        let identity = configuration.identity(
            tcpPort: ListenAddress(tcpAddress).portNumber,
            httpPort: ListenAddress(httpAddress ?? "").portNumber
        )
        lookupds.start(
            LookupdRegistrar.Node(broker: broker, identity: identity, group: loops),
            configuration.lookupdAddresses
        )
        let directory = LookupdChannels(lookupds, logger: logger) { [configuration] in
            try OutboundClient(
                connectTimeout: configuration.auth.connectTimeout,
                requestTimeout: configuration.auth.requestTimeout,
                rootCAPath: configuration.tls.rootCAPath
            )
        }
        broker.ask(directory)
        return directory
    }

    /// Lets consumers finish what they have, for as long as `--drain-timeout` allows.
    private func drain(_ broker: Broker, _ tcp: TCPFront) async {
        guard configuration.drainTimeout > .zero else { return }
        let deadline = ContinuousClock.now + configuration.drainTimeout
        await tcp.stopListening()
        logger.info("NSQ: waiting for \(broker.inFlightCount) messages in flight")
        while broker.inFlightCount > 0, ContinuousClock.now < deadline {
            // SWALLOW: cancelled, it stops at once.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return }
        }
    }

    /// Begins to push to statsd; `nil` where no address is given.
    private func startStatsd(
        _ broker: Broker,
        _ loops: MultiThreadedEventLoopGroup,
        httpAddress: String?
    ) -> Task<Void, Never>? {
        guard !configuration.statsd.address.isEmpty else { return nil }
        let pusher = StatsdPusher(
            settings: configuration.statsd,
            prefix: configuration.statsdPrefix(
                httpPort: ListenAddress(httpAddress ?? "").portNumber
            ),
            quantiles: configuration.latencyQuantiles,
            broker: broker,
            group: loops,
            logger: logger
        )
        return Task { await pusher.run() }
    }

    private func makeHTTPFront(
        _ broker: Broker,
        _ clients: ClientRegistry,
        _ budget: ConnectionBudget,
        _ loops: MultiThreadedEventLoopGroup,
        tcpPort: Int
    ) -> HTTPFront<Routes> {
        let door = tls.map { tls in
            HTTPFront<Routes>.SecureDoor(address: configuration.httpsAddress) { channel in
                try channel.pipeline.syncOperations.addHandlers(tls.makeHandler(), HandshakeTimer())
            }
        }
        let startTime = WallClock.seconds
        let startInstant = NIODeadline.now()
        return HTTPFront(
            address: configuration.httpAddress,
            secureDoor: door,
            requiresTLS: configuration.tls.effectiveRequirement == .everything,
            budget: budget,
            group: loops
        ) { [self] ports in
            Routes(
                broker: broker,
                configuration: configuration,
                clients: clients,
                authorizer: configuration.auth.coversHTTP ? auth.map(HTTPAuthorizer.init) : nil,
                health: health,
                metrics: metrics,
                logger: logger,
                server: Routes.Server(
                    startTime: startTime,
                    startInstant: startInstant,
                    tcpPort: tcpPort,
                    httpPort: ports.http ?? -1,
                    httpsPort: ports.https ?? 0
                ),
                setLogLevel: setLogLevel,
                setLookupdAddresses: lookupds.setAddresses
            )
        }
    }

    /// Runs `body` on a thread that may block, to its end even when this task is cancelled.
    private static func runBlocking<Value: Sendable>(
        _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            NIOThreadPool.singleton.submit { _ in continuation.resume(returning: body()) }
        }
    }
}
