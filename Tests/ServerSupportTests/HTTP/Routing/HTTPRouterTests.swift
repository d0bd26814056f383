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
    func onePathMayHaveARouteForEachOfTwoMethods() {
        for (method, wanted) in [(HTTPMethod.GET, ShortRoute.readList), (.PUT, .writeList)] {
            guard case .route(let route, _) = router.resolve(method: method, path: "/list") else {
                Issue.record("no route for \(method)")
                continue
            }
            #expect(route == wanted)
            #expect(router.redirection(method: method, path: "/List/") == "/list")
        }
        guard case .methodNotAllowed(let allow) = router.resolve(method: .POST, path: "/list")
        else {
            Issue.record("POST is let through")
            return
        }
        #expect(allow == "GET, OPTIONS, PUT")
    }

    @Test
    func foreignLettersDoNotFoldIntoAscii() {
        #expect(router.redirection(method: .GET, path: "/ping\u{212a}") == nil)
        #expect(router.redirection(method: .GET, path: "/p\u{131}ng") == nil)
    }
}

/// A small API, as a daemon has one.
private enum ShortRoute: HTTPRoute {
    case ping, statistics, publish, readOption, writeOption, readList, writeList

    var path: String {
        switch self {
        case .ping: "/ping"
        case .statistics: "/stats"
        case .publish: "/pub"
        case .readOption, .writeOption: "/config/"
        case .readList, .writeList: "/list"
        }
    }

    var method: HTTPMethod {
        switch self {
        case .ping, .statistics, .readOption, .readList: .GET
        case .publish: .POST
        case .writeOption, .writeList: .PUT
        }
    }

    var takesOption: Bool { self == .readOption || self == .writeOption }
    var isLogged: Bool { true }
}
