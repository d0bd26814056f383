/// The states of a client connection, by the numbers that `/stats` shows.
///
/// Source: `nsqd` spec 1.5.
package enum ConnectionState: Int, Sendable {
    /// Connected; may publish.
    case initial = 0
    /// After a successful SUB.
    case subscribed = 3
    /// After CLS.
    case closing = 4
}

/// Which command is allowed when; a pure value.
///
/// | command | initial | subscribed | closing |
/// |---|---|---|---|
/// | IDENTIFY, AUTH, SUB | allowed | refused | refused |
/// | PUB, MPUB, DPUB, NOP | allowed | allowed | allowed |
/// | RDY | refused | allowed | ignored |
/// | FIN, REQ, TOUCH | refused | allowed | allowed |
/// | CLS | refused | allowed | refused |
package struct ConnectionStateMachine: Sendable {
    /// The present state.
    package private(set) var state = ConnectionState.initial

    /// Whether the server sends heartbeats; SUB is refused while it does not.
    package var sendsHeartbeats = true

    /// Whether every command but IDENTIFY is refused, because the stream must become a TLS stream first.
    package var requiresTLS = false

    /// What is to be done with a command.
    package enum Verdict: Sendable {
        /// Carry it out.
        case allowed
        /// Do nothing and answer nothing, whatever its parameters.
        case ignored
        /// Answer `E_INVALID cannot <command> in current state`.
        case refused
    }

    /// Starts in ``ConnectionState/initial``.
    package init() {}

    /// Looks `command` up in the table above.
    package func verdict(on command: CommandName) -> Verdict {
        switch command {
        case .publish, .publishMany, .publishDeferred, .nothing:
            .allowed
        case .identify, .authenticate, .subscribe:
            state == .initial ? .allowed : .refused
        case .finish, .requeue, .touch:
            state == .initial ? .refused : .allowed
        case .close:
            state == .subscribed ? .allowed : .refused
        case .ready:
            switch state {
            case .initial: .refused
            case .subscribed: .allowed
            case .closing: .ignored
            }
        }
    }

    /// The connection joined a channel.
    package mutating func subscribed() {
        state = .subscribed
    }

    /// The client asked for the end of deliveries.
    package mutating func closeReceived() {
        state = .closing
    }
}
