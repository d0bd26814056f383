import NIOHTTP1
import ServerSupport

/// Every request that nsqlookupd's API answers.
///
/// Source: `nsqlookupd` spec 7.2.
enum LookupRoute: HTTPRoute {
    case ping
    case live
    case ready
    case metrics
    case identity
    case topics
    case channels
    case lookup
    case nodes
    case debug
    case createTopic
    case deleteTopic
    case tombstoneTopic
    case createChannel
    case deleteChannel

    var path: String {
        switch self {
        case .ping: "/ping"
        case .live: "/livez"
        case .ready: "/readyz"
        case .metrics: "/metrics"
        case .identity: "/info"
        case .topics: "/topics"
        case .channels: "/channels"
        case .lookup: "/lookup"
        case .nodes: "/nodes"
        case .debug: "/debug"
        case .createTopic: "/topic/create"
        case .deleteTopic: "/topic/delete"
        case .tombstoneTopic: "/topic/tombstone"
        case .createChannel: "/channel/create"
        case .deleteChannel: "/channel/delete"
        }
    }

    var method: HTTPMethod {
        switch self {
        case .createTopic, .deleteTopic, .tombstoneTopic, .createChannel, .deleteChannel: .POST
        case .ping, .live, .ready, .metrics, .identity, .topics, .channels, .lookup, .nodes, .debug:
            .GET
        }
    }

    var takesOption: Bool { false }

    var isLogged: Bool {
        switch self {
        case .live, .ready, .metrics: false
        default: true
        }
    }
}
