import Broker

/// What a route gives back: a reply, or what has to happen off the event loop before there is one.
enum HTTPAnswer {
    /// Send this.
    case reply(HTTPReply)
    /// Written, but not yet as durable as was promised: `OK` or 503 once this ticket is settled.
    case whenDurable(CommitTicket)
    /// Not known to be allowed: an auth server is to be asked this first.
    case authorizing(AuthQuestion)
    /// Touches the disk or walks every topic: run it on the front's thread pool.
    case blocking(@Sendable () -> HTTPReply)
}
