package import NIOCore

/// When a connection has used up its time.
///
/// A plain value over given instants; the connection keeps one timer and asks here when it fires,
/// so that a request that arrives whole costs no timer at all.
package struct HTTPDeadlines {
    /// When the first byte of the request in hand came; `nil` between requests.
    private var inputStart: NIODeadline?
    /// Bytes of its body so far.
    private var bodyBytes: Int64 = 0
    /// Since when the peer has not taken a reply; `nil` while it does.
    private var stallStart: NIODeadline?

    /// When a connection was made that has sent nothing yet.
    private var silentSince: NIODeadline?

    /// A connection without a request or a reply.
    package init() {}

    /// The connection is made.
    package mutating func connected(at now: NIODeadline) { silentSince = now }

    /// Bytes came in: a request begins, unless one is in hand.
    package mutating func bytesArrived(at now: NIODeadline) {
        silentSince = nil
        if inputStart == nil { inputStart = now }
    }

    /// A part of the body came in; each earns its sender some time.
    package mutating func bodyArrived(byteCount: Int) {
        bodyBytes &+= Int64(byteCount)
    }

    /// The request is complete.
    package mutating func requestEnded() {
        inputStart = nil
        bodyBytes = 0
    }

    /// The answer is given; what waited behind it is timed from here, for the wait was not its
    /// sender's fault.
    package mutating func answered(at now: NIODeadline) {
        if inputStart != nil { inputStart = now }
    }

    /// Whether the peer takes what is written.
    package mutating func setStalled(_ isStalled: Bool, at now: NIODeadline) {
        stallStart = isStalled ? stallStart ?? now : nil
    }

    /// The instant at which the connection is to be closed, as things stand; `nil` for never.
    ///
    /// `isAnswering`: the next move is the server's, so that input is not timed.
    package func next(isAnswering: Bool) -> NIODeadline? {
        let stall = stallStart.map { $0 + .seconds(HTTPLimits.stalledReplySeconds) }
        if let silentSince { return silentSince + .seconds(HTTPLimits.silentSeconds) }
        guard let inputStart, !isAnswering else { return stall }
        let earned = bodyBytes / HTTPLimits.bodyBytesPerSecond
        let input = inputStart + .seconds(HTTPLimits.requestSeconds + earned)
        return stall.map { min($0, input) } ?? input
    }
}
