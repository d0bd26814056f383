import Broker
import Logging
import NIOCore
import ServerSupport
import Synchronization

/// The routes of nsqd's HTTP API; one object serves all connections.
///
/// Each aspect is an extension in a file of its own. Isolation: called on event loops; what may
/// block is handed back as `HTTPAnswer.blocking`. Source: `nsqd` spec 4.
final class Routes: HTTPAPI {
    /// What is known of the running server only once it listens.
    struct Server: Sendable {
        /// When the daemon started, in Unix seconds.
        var startTime: Int64
        /// The same moment on the monotonic clock.
        var startInstant: NIODeadline
        /// The port listened on for the V2 protocol, -1 for a unix socket.
        var tcpPort: Int
        /// The port listened on for HTTP, -1 for a unix socket and without.
        var httpPort: Int
        /// The port listened on for HTTPS, 0 without.
        var httpsPort: Int
    }

    let broker: Broker
    let configuration: NSQDConfiguration
    let clients: ClientRegistry
    /// `nil` where everybody may do everything.
    let authorizer: HTTPAuthorizer?
    let health: HealthWatch
    let browsers: BrowserGuard
    let metrics: NSQDMetrics
    let logger: Logger
    let server: Server
    let setLogLevel: @Sendable (Logger.Level) -> Void
    let setLookupdAddresses: @Sendable ([String]) -> Void
    /// The effective options by config-file key; PUT changes two of them.
    let options: Mutex<[String: OptionValue]>

    init(
        broker: Broker,
        configuration: NSQDConfiguration,
        clients: ClientRegistry,
        authorizer: HTTPAuthorizer?,
        health: HealthWatch,
        metrics: NSQDMetrics,
        logger: Logger,
        server: Server,
        setLogLevel: @escaping @Sendable (Logger.Level) -> Void,
        setLookupdAddresses: @escaping @Sendable ([String]) -> Void
    ) {
        self.broker = broker
        self.configuration = configuration
        self.clients = clients
        self.authorizer = authorizer
        self.health = health
        browsers = BrowserGuard(names: [configuration.hostname, configuration.broadcastAddress])
        self.metrics = metrics
        self.logger = logger
        self.server = server
        self.setLogLevel = setLogLevel
        self.setLookupdAddresses = setLookupdAddresses
        options = Mutex(
            configuration.options(tcpPort: server.tcpPort, httpPort: server.httpPort)
        )
    }

    /// Bytes of body that `route` takes; `nil` where it wants none.
    func bodyLimit(for route: Route) -> Int? {
        switch route {
        case .publish, .writeOption: configuration.maximumMessageBytes
        case .publishBatch, .writeMetadata: configuration.maximumBodyBytes
        case .ping, .live, .ready, .metrics, .identity, .statistics, .readOption, .readMetadata,
            .createTopic, .deleteTopic, .emptyTopic, .pauseTopic, .unpauseTopic, .createChannel,
            .deleteChannel, .emptyChannel, .pauseChannel, .unpauseChannel:
            nil
        }
    }

    func answered(status: Int) { metrics.answered(status: status) }

    func answer(
        _ request: HTTPRequest,
        by route: Route,
        option: String
    ) throws(APIError) -> HTTPAnswer {
        if let question = try openQuestion(of: request, for: route) {
            return ask(question, request) { outcome in
                do throws(APIError) {
                    _ = try self.openQuestion(of: request, for: route, outcome)
                    return try self.carryOut(request, by: route, option: option)
                } catch {
                    return .reply(error.reply)
                }
            }
        }
        return try carryOut(request, by: route, option: option)
    }

    private func carryOut(
        _ request: HTTPRequest,
        by route: Route,
        option: String
    ) throws(APIError) -> HTTPAnswer {
        switch route {
        case .ping: .reply(ping())
        case .live: .reply(live())
        case .ready: .reply(ready())
        case .metrics: metricsPage()
        case .identity: .reply(identity())
        case .publish: try publishMessage(request)
        case .publishBatch: try publishBatch(request)
        case .statistics: try statistics(request)
        case .createTopic: try createTopic(request)
        case .deleteTopic: try deleteTopic(request)
        case .emptyTopic: try emptyTopic(request)
        case .pauseTopic: try pauseTopic(request, isPaused: true)
        case .unpauseTopic: try pauseTopic(request, isPaused: false)
        case .createChannel: try createChannel(request)
        case .deleteChannel: try deleteChannel(request)
        case .emptyChannel: try emptyChannel(request)
        case .pauseChannel: try pauseChannel(request, isPaused: true)
        case .unpauseChannel: try pauseChannel(request, isPaused: false)
        case .readOption: .reply(try readOption(option))
        case .writeOption: .reply(try writeOption(option, request))
        case .readMetadata: try readMetadata(request)
        case .writeMetadata: try writeMetadata(request)
        }
    }

    /// An answer from the thread pool: `work`, then an empty 200.
    func administer(_ work: @escaping @Sendable () throws(BrokerError) -> Void) -> HTTPAnswer {
        .blocking {
            do throws(BrokerError) {
                try work()
                return .done
            } catch {
                return APIError(administering: error).reply
            }
        }
    }
}

/// A request to nsqd's HTTP API.
typealias HTTPRequest = RoutedRequest<Route>
