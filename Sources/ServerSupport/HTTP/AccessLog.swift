import Logging
import NIOCore

/// The line that each logged request leaves at INFO.
///
/// Source: `nsqd` spec 4.1.
struct AccessLog: Sendable {
    let logger: Logger

    /// Writes `<status> <METHOD> <uri> (<remote>) <elapsed>`, unless the route is not logged.
    ///
    /// The peer is asked for only then.
    func write<Route>(
        _ request: RoutedRequest<Route>,
        status: Int,
        from peer: @autoclosure () -> String,
        since start: NIODeadline
    ) {
        guard Self.shows(request), logger.logLevel <= .info else { return }
        let uri = PrintableText.singleLine(request.uri)
        let elapsed = DurationText.text(nanoseconds: (NIODeadline.now() - start).nanoseconds)
        logger.info("\(status) \(request.methodName) \(uri) (\(peer())) \(elapsed)")
    }

    /// A peer as lines show it; a client of a unix socket has no name.
    static func text(of address: SocketAddress?) -> String {
        let text = ListenAddress.text(of: address)
        return text.isEmpty ? "@" : text
    }

    /// Redirects, OPTIONS and refusals for want of TLS are not shown, what was not found or allowed is.
    private static func shows<Route>(_ request: RoutedRequest<Route>) -> Bool {
        switch request.resolution {
        case .route(let route, option: _): route.isLogged
        case .methodNotAllowed, .notFound, .refused: true
        case .redirect, .options, .tlsRequired: false
        }
    }
}
