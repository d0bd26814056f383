/// What becomes of a request, by its method and path.
package enum HTTPResolution<Route: HTTPRoute>: Sendable {
    /// `option` is what follows the path of a route that takes one, empty for other routes.
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
