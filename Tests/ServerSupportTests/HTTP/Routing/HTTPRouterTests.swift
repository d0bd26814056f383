import NIOHTTP1
import ServerSupport
import Testing

@Suite("HTTP router")
struct HTTPRouterTests {
    private let router = HTTPRouter<ShortRoute>()

    @Test(arguments: [
        ("/ping/", "/ping"), ("/PING", "/ping"), ("//ping", "/ping"), ("/./ping", "/ping"),
        ("/a/../ping", "/ping"), ("/../../ping", "/ping"), ("/Stats//", "/stats"),
        ("/config/log_level/", "/config/log_level"), ("/Config/Log_Level", "/config/Log_Level"),
    ])
    func redirectsWhatWouldMatchWhenCleaned(path: String, target: String) {
        #expect(router.redirection(method: .GET, path: path) == target)
    }

    @Test(arguments: ["/", "/nowhere", "/nowhere/", "/config", "/config/", "/config/a/b", "/pub/"])
    func doesNotRedirectWhatMatchesNothing(path: String) {
        #expect(router.redirection(method: .GET, path: path) == nil)
    }

    @Test
    func redirectsOnlyWithinTheMethodsRoutes() {
        #expect(router.redirection(method: .POST, path: "/pub/") == "/pub")
        #expect(router.redirection(method: .PUT, path: "/pub/") == nil)
        #expect(router.redirection(method: .PUT, path: "/CONFIG/x") == "/config/x")
        #expect(router.redirection(method: .POST, path: "/config/x/") == nil)
        #expect(router.redirection(method: .RAW(value: "GETS"), path: "/ping/") == nil)
    }

    @Test
    func foreignLettersDoNotFoldIntoAscii() {
        #expect(router.redirection(method: .GET, path: "/ping\u{212a}") == nil)
        #expect(router.redirection(method: .GET, path: "/p\u{131}ng") == nil)
    }
}

/// A small API, as a daemon has one.
private enum ShortRoute: HTTPRoute {
    case ping, statistics, publish, readOption, writeOption

    var path: String {
        switch self {
        case .ping: "/ping"
        case .statistics: "/stats"
        case .publish: "/pub"
        case .readOption, .writeOption: "/config/"
        }
    }

    var method: HTTPMethod {
        switch self {
        case .ping, .statistics, .readOption: .GET
        case .publish: .POST
        case .writeOption: .PUT
        }
    }

    var takesOption: Bool { self == .readOption || self == .writeOption }
    var isLogged: Bool { true }
}
