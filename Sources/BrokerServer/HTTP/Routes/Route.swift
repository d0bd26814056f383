import NIOHTTP1
import ServerSupport

/// Every request that the API answers.
///
/// Source: `nsqd` spec 4.2.
enum Route: HTTPRoute {
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
    case readMetadata
    case writeMetadata

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
        case .readOption, .writeOption: "/config/"
        case .readMetadata, .writeMetadata: "/metadata"
        }
    }

    var method: HTTPMethod {
        switch self {
        case .ping, .live, .ready, .metrics, .identity, .statistics, .readOption, .readMetadata:
            .GET
        case .writeOption, .writeMetadata: .PUT
        case .publish, .publishBatch, .createTopic, .deleteTopic, .emptyTopic, .pauseTopic,
            .unpauseTopic, .createChannel, .deleteChannel, .emptyChannel, .pauseChannel,
            .unpauseChannel:
            .POST
        }
    }

    var takesOption: Bool { self == .readOption || self == .writeOption }

    // Publishes and probes would drown the log.
    var isLogged: Bool {
        switch self {
        case .publish, .publishBatch, .live, .ready, .metrics: false
        default: true
        }
    }
}
