import Logging
import Lookup
import NIOCore
import NSQCore
import ServerSupport

/// The routes of nsqlookupd's HTTP API.
///
/// What walks everything is answered on the front's thread pool. Source: `nsqlookupd` spec 7.
final class LookupRoutes: HTTPAPI {
    /// A request to this API.
    typealias Request = RoutedRequest<LookupRoute>

    let db: RegistrationDB
    let logger: Logger
    let metrics: LookupMetrics
    let browsers: BrowserGuard
    let startTime: Int64
    let answers = LookupAnswerCache()
    /// Whether the daemon is not stopping.
    let isReady: @Sendable () -> Bool

    init(
        db: RegistrationDB,
        configuration: LookupConfiguration,
        metrics: LookupMetrics,
        logger: Logger,
        startTime: Int64,
        isReady: @escaping @Sendable () -> Bool
    ) {
        self.db = db
        self.logger = logger
        self.metrics = metrics
        self.startTime = startTime
        self.isReady = isReady
        browsers = BrowserGuard(names: [configuration.hostname, configuration.broadcastAddress])
    }

    func admission(of request: Request, for route: LookupRoute) -> HTTPAdmission { .discard }

    /// Never asked: there is no TLS here.
    func tlsRequired() -> HTTPReply { APIError.notFound.reply }

    func answered(status: Int) { metrics.answered(status: status) }

    func answer(
        _ request: Request,
        by route: LookupRoute,
        option: String
    ) throws(APIError) -> HTTPAnswer {
        switch route {
        case .ping: return .reply(.plain(200, "OK"))
        case .live: return .reply(.plain(200, "ok"))
        case .ready:
            return .reply(isReady() ? .plain(200, "ok") : .plain(503, "not ready\n- stopping\n"))
        case .metrics: return .blocking { self.metricsPage() }
        case .identity: return .reply(identity())
        case .topics: return .blocking { self.topics() }
        case .channels: return .reply(try channels(request))
        case .lookup: return .reply(try lookup(request))
        case .nodes: return .blocking { self.nodes() }
        case .debug: return .blocking { self.debug() }
        case .createTopic: try createTopic(request)
        case .deleteTopic: try deleteTopic(request)
        case .tombstoneTopic: try tombstoneTopic(request)
        case .createChannel: try createChannel(request)
        case .deleteChannel: try deleteChannel(request)
        }
        return .reply(.done)
    }

    private func identity() -> HTTPReply {
        var json = JSONWriter()
        json.beginObject()
        json.key("version")
        json.value(ServerVersion.text)
        json.endObject()
        return HTTPReply(status: 200, contentType: .json, body: json.bytes)
    }
}
