/// What a route gives back: a reply, or what has to happen before there is one.
package enum HTTPAnswer: Sendable {
    /// Send this.
    case reply(HTTPReply)
    /// Touches the disk or walks everything: run it on the front's thread pool.
    case blocking(@Sendable () -> HTTPReply)
    /// Not known yet: start this, which tells the answer once, from any thread.
    case later(@Sendable (_ proceed: @escaping @Sendable (HTTPAnswer) -> Void) -> Void)
}

/// What is to be done with the body of a request, once its head is known.
package enum HTTPAdmission: Sendable {
    /// It is wanted, up to so many bytes.
    case keep(limit: Int)
    /// It is read over.
    case discard
    /// It is read over, since the request is refused with this whatever it brings.
    case refused(HTTPReply)
    /// Not known yet: start this, which tells it once, from any thread; nothing of the body is read until then.
    case later(@Sendable (_ proceed: @escaping @Sendable (HTTPAdmission) -> Void) -> Void)
}
