package import NIOHTTP1

/// Finds the route of a request, as the original's router does.
///
/// Source: `nsqd` spec 4.1.
///
/// Paths match exactly. One that would match after cleaning (`//`, `.`, `..`), without its trailing
/// slash or in lower case is redirected there, if the method is right.
package struct HTTPRouter: Sendable {
    /// What becomes of a request.
    enum Resolution: Sendable {
        /// `option` is what follows `/config/`, empty for other routes.
        case route(Route, option: String)
        /// To this path, for good; the query is to be kept.
        case redirect(path: String)
        /// 405 with this `Allow` value.
        case methodNotAllowed(allow: String)
        /// The answer to OPTIONS, with this `Allow` value.
        case options(allow: String)
        case notFound
        /// Not looked at: a browser asks on behalf of a page that is not ours.
        case refused(APIError)
        /// Not looked at: the API is served over TLS only.
        case tlsRequired
    }

    private let fixed: [String: Route]

    /// The router of the whole API.
    package init() {
        var fixed: [String: Route] = [:]
        for route in Route.allCases where route.path != Route.optionPrefix {
            fixed[route.path] = route
        }
        self.fixed = fixed
    }

    /// Resolves a request for the decoded `path`.
    func resolve(method: HTTPMethod, path: String) -> Resolution {
        if let route = fixed[path] {
            if route.accepts(method) { return .route(route, option: "") }
            let allow = Self.allow([route.method])
            if case .OPTIONS = method { return .options(allow: allow) }
            return .methodNotAllowed(allow: allow)
        }
        if let option = Self.option(in: path) {
            switch method {
            case .GET: return .route(.readOption, option: option)
            case .PUT: return .route(.writeOption, option: option)
            case .OPTIONS: return .options(allow: Self.allow([.GET, .PUT]))
            default: return .methodNotAllowed(allow: Self.allow([.GET, .PUT]))
            }
        }
        return redirection(method: method, path: path).map { .redirect(path: $0) } ?? .notFound
    }

    /// Where a request is sent whose `path` matches no route; `nil` for nowhere.
    package func redirection(method: HTTPMethod, path: String) -> String? {
        let segments = Self.cleanedSegments(of: path)
        let cleaned = "/" + segments.joined(separator: "/")
        let lowered = Self.lowercased(cleaned)
        if let route = fixed[lowered], route.accepts(method) { return lowered }
        guard segments.count == 2, Self.lowercased(segments[0]) == "config",
            Route.readOption.accepts(method) || Route.writeOption.accepts(method)
        else { return nil }
        return Route.optionPrefix + segments[1]
    }

    private static func option(in path: String) -> String? {
        guard path.utf8.starts(with: Route.optionPrefix.utf8) else { return nil }
        let name = path.utf8.dropFirst(Route.optionPrefix.utf8.count)
        guard !name.isEmpty, !name.contains(UInt8(ascii: "/")) else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    private static func cleanedSegments(of path: String) -> [String] {
        var segments: [String] = []
        for segment in path.utf8.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else {
                segments.append(String(decoding: segment, as: UTF8.self))
            }
        }
        return segments
    }

    /// ASCII only: no Unicode rule may turn a foreign letter into one of a route's.
    private static func lowercased(_ text: String) -> String {
        let bytes = text.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func allow(_ methods: [HTTPMethod]) -> String {
        (methods + [.OPTIONS]).map(\.rawValue).sorted().joined(separator: ", ")
    }
}
