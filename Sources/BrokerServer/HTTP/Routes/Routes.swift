import Broker
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// The routes of nsqd's HTTP API; one object serves all connections.
///
/// Each aspect is an extension in a file of its own. Isolation: called on event loops; what may
/// block is handed back as ``HTTPAnswer/blocking(_:)``. Source: `nsqd` spec 4.
final class Routes: Sendable {
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
        setLogLevel: @escaping @Sendable (Logger.Level) -> Void
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
        options = Mutex(
            configuration.options(tcpPort: server.tcpPort, httpPort: server.httpPort)
        )
    }

    /// What `route` does with the body of a request.
    func bodyPolicy(for resolution: HTTPRouter.Resolution) -> BodyCollector.Policy {
        guard case .route(let route, option: _) = resolution else { return .discard }
        return switch route {
        case .publish, .writeOption: .keep(limit: configuration.maximumMessageBytes)
        case .publishBatch: .keep(limit: configuration.maximumBodyBytes)
        case .ping, .live, .ready, .metrics, .identity, .statistics, .readOption, .createTopic,
            .deleteTopic,
            .emptyTopic, .pauseTopic, .unpauseTopic, .createChannel, .deleteChannel,
            .emptyChannel, .pauseChannel, .unpauseChannel:
            .discard
        }
    }

    /// Answers a complete request.
    ///
    /// `outcome` is what an auth server said to ``HTTPAnswer/authorizing(_:)``, `nil` at first.
    func answer(
        _ request: HTTPRequest,
        authorizedBy outcome: Result<AuthGrant, AuthFailure>? = nil
    ) -> HTTPAnswer {
        switch request.resolution {
        case .route(let route, let option):
            do throws(APIError) {
                if let question = try openQuestion(of: request, for: route, outcome) {
                    return .authorizing(question)
                }
                return try answer(request, by: route, option: option)
            } catch {
                return .reply(error.reply)
            }
        case .redirect(let path):
            let query = request.target.query
            var location = PercentCoding.encodePath(path)
            if !query.isEmpty { location += "?" + PercentCoding.encodeQuery(query) }
            let isGet = if case .GET = request.method { true } else { false }
            return .reply(.bare(isGet ? 301 : 308, location: location))
        case .methodNotAllowed(let allow):
            var reply = APIError.methodNotAllowed.reply
            reply.allow = allow
            return .reply(reply)
        case .options(let allow):
            return .reply(.bare(200, allow: allow))
        case .notFound:
            return .reply(APIError.notFound.reply)
        case .refused(let error):
            return .reply(error.reply)
        case .tlsRequired:
            return .reply(tlsRequired())
        }
    }

    private func answer(
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
        }
    }

    /// The query of `request`.
    func parameters(of request: HTTPRequest) throws(APIError) -> QueryParameters {
        guard let parameters = QueryParameters(request.target.query) else {
            throw .invalidRequest
        }
        return parameters
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
