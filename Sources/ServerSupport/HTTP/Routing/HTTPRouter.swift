package import NIOHTTP1

/// Finds the route of a request, as the original's router does.
///
/// Source: `nsqd` spec 4.1, `nsqlookupd` spec 7.1.
///
/// Paths match exactly. One that would match after cleaning (`//`, `.`, `..`), without its trailing
/// slash or in lower case is redirected there, if the method is right.
package struct HTTPRouter<Route: HTTPRoute>: Sendable {
    private let fixed: [String: [Route]]
    /// The routes that take an option, and what stands before the option's name in their path.
    private let options: (prefix: String, routes: [Route])

    /// The router of all routes.
    package init() {
        let takingOption = Route.allCases.filter(\.takesOption)
        options = (takingOption.first?.path ?? "", takingOption)
        fixed = Dictionary(grouping: Route.allCases.filter { !$0.takesOption }, by: \.path)
    }

    /// Resolves a request for the decoded `path`.
    package func resolve(method: HTTPMethod, path: String) -> HTTPResolution<Route> {
        if let routes = fixed[path] {
            if let route = routes.first(where: { $0.accepts(method) }) {
                return .route(route, option: "")
            }
            return refuse(method, Self.allow(routes.map(\.method)))
        }
        if let option = option(in: path) {
            if let route = options.routes.first(where: { $0.accepts(method) }) {
                return .route(route, option: option)
            }
            return refuse(method, Self.allow(options.routes.map(\.method)))
        }
        return redirection(method: method, path: path).map { .redirect(path: $0) } ?? .notFound
    }

    private func refuse(_ method: HTTPMethod, _ allow: String) -> HTTPResolution<Route> {
        if case .OPTIONS = method { return .options(allow: allow) }
        return .methodNotAllowed(allow: allow)
    }

    /// Where a request is sent whose `path` matches no route; `nil` for nowhere.
    package func redirection(method: HTTPMethod, path: String) -> String? {
        let segments = Self.cleanedSegments(of: path)
        let cleaned = "/" + segments.joined(separator: "/")
        let lowered = Self.lowercased(cleaned)
        if let routes = fixed[lowered], routes.contains(where: { $0.accepts(method) }) {
            return lowered
        }
        guard segments.count == 2, "/\(Self.lowercased(segments[0]))/" == options.prefix,
            options.routes.contains(where: { $0.accepts(method) })
        else { return nil }
        return options.prefix + segments[1]
    }

    private func option(in path: String) -> String? {
        guard !options.routes.isEmpty, path.utf8.starts(with: options.prefix.utf8) else {
            return nil
        }
        let name = path.utf8.dropFirst(options.prefix.utf8.count)
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
