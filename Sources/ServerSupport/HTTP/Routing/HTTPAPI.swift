package import Logging
import NIOHTTP1

/// What a daemon answers over HTTP; one object serves all connections.
///
/// Isolation: called on event loops; what may block is handed back as ``HTTPAnswer/blocking(_:)``.
package protocol HTTPAPI: Sendable {
    /// The requests that it answers.
    associatedtype Route: HTTPRoute

    /// Where requests are logged.
    var logger: Logger { get }
    /// What tells requests that a page of another site makes a browser send.
    var browsers: BrowserGuard { get }

    /// What is to be done with the body of a request for a route.
    func admission(of request: RoutedRequest<Route>, for route: Route) -> HTTPAdmission

    /// Answers a complete request for a route.
    ///
    /// `option` is the option's name for a route that takes one.
    func answer(
        _ request: RoutedRequest<Route>,
        by route: Route,
        option: String
    ) throws(APIError) -> HTTPAnswer

    /// What every request is answered on a connection that should have TLS and has none.
    func tlsRequired() -> HTTPReply

    /// Counts a reply.
    func answered(status: Int)
}

extension HTTPAPI {
    /// What is to be done with the body of any request.
    func admission(of request: RoutedRequest<Route>) -> HTTPAdmission {
        guard case .route(let route, option: _) = request.resolution else { return .discard }
        return admission(of: request, for: route)
    }

    /// Answers any complete request.
    func answer(_ request: RoutedRequest<Route>) -> HTTPAnswer {
        switch request.resolution {
        case .route(let route, let option):
            do throws(APIError) {
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
}

extension RoutedRequest {
    /// The query.
    ///
    /// - Throws: `.invalidRequest`.
    package func parameters() throws(APIError) -> QueryParameters {
        guard let parameters = QueryParameters(target.query) else { throw .invalidRequest }
        return parameters
    }
}
