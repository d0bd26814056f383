import Logging
import NIOCore

/// The line that each logged request leaves at INFO.
///
/// Source: `nsqd` spec 4.1.
struct AccessLog: Sendable {
    let logger: Logger

    /// Writes `<status> <METHOD> <uri> (<remote>) <elapsed>`, unless the route is not logged.
    ///
    /// The address is asked for only then: it costs a system call.
    func write<Route>(
        _ request: RoutedRequest<Route>,
        status: Int,
        from address: @autoclosure () -> SocketAddress?,
        since start: NIODeadline
    ) {
        guard Self.shows(request), logger.logLevel <= .info else { return }
        let remote = ListenAddress.text(of: address())
        let uri = PrintableText.singleLine(request.uri)
        let elapsed = DurationText.text(nanoseconds: (NIODeadline.now() - start).nanoseconds)
        let peer = remote.isEmpty ? "@" : remote
        logger.info("\(status) \(request.methodName) \(uri) (\(peer)) \(elapsed)")
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
