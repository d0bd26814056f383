import NIOHTTP1

/// Every request that the API answers.
///
/// Source: `nsqd` spec 4.2.
enum Route: CaseIterable, Sendable {
    case ping
    case live
    case ready
    case metrics
    case identity
    case publish
    case publishBatch
    case statistics
    case createTopic
    case deleteTopic
    case emptyTopic
    case pauseTopic
    case unpauseTopic
    case createChannel
    case deleteChannel
    case emptyChannel
    case pauseChannel
    case unpauseChannel
    case readOption
    case writeOption

    /// What stands before the option's name in the paths of ``readOption`` and ``writeOption``.
    static let optionPrefix = "/config/"

    /// The request's path; for the two option routes the part before the option's name.
    var path: String {
        switch self {
        case .ping: "/ping"
        case .live: "/livez"
        case .ready: "/readyz"
        case .metrics: "/metrics"
        case .identity: "/info"
        case .publish: "/pub"
        case .publishBatch: "/mpub"
        case .statistics: "/stats"
        case .createTopic: "/topic/create"
        case .deleteTopic: "/topic/delete"
        case .emptyTopic: "/topic/empty"
        case .pauseTopic: "/topic/pause"
        case .unpauseTopic: "/topic/unpause"
        case .createChannel: "/channel/create"
        case .deleteChannel: "/channel/delete"
        case .emptyChannel: "/channel/empty"
        case .pauseChannel: "/channel/pause"
        case .unpauseChannel: "/channel/unpause"
        case .readOption, .writeOption: Self.optionPrefix
        }
    }

    /// The only method that the route answers to.
    var method: HTTPMethod {
        switch self {
        case .ping, .live, .ready, .metrics, .identity, .statistics, .readOption: .GET
        case .writeOption: .PUT
        case .publish, .publishBatch, .createTopic, .deleteTopic, .emptyTopic, .pauseTopic,
            .unpauseTopic, .createChannel, .deleteChannel, .emptyChannel, .pauseChannel,
            .unpauseChannel:
            .POST
        }
    }

    /// Whether `method` is the one that the route answers to.
    ///
    /// Matched by case: `==` on methods compares their names as strings.
    func accepts(_ method: HTTPMethod) -> Bool {
        switch (self.method, method) {
        case (.GET, .GET), (.PUT, .PUT), (.POST, .POST): true
        default: false
        }
    }

    /// Whether the access log shows the route; publishes and probes would drown it.
    var isLogged: Bool {
        switch self {
        case .publish, .publishBatch, .live, .ready, .metrics: false
        default: true
        }
    }
}
