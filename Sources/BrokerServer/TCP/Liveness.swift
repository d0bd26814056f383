package import NIOCore

/// Heartbeats and the deadlines for reading and writing of one connection, as arithmetic.
///
/// One timer serves them all: it is set to ``wakeTime(inputIsHeld:)``, and ``check(at:inputIsHeld:output:)``
/// says what is due. Reading moves deadlines without touching the timer. Source: `nsqd` spec 1.6.
package struct Liveness: Sendable {
    /// Time for the four bytes of the magic.
    ///
    /// The original waits for ever (quirk Q1); any generous limit will do, since a client sends them at once.
    package static let magicLimit = TimeAmount.seconds(60)

    /// Time for the last frame of a connection without heartbeats to be taken by the peer.
    package static let lastFrameLimit = TimeAmount.seconds(30)

    /// What is due.
    package enum Verdict: Equatable, Sendable {
        /// Nothing.
        case nothing
        /// Send a heartbeat.
        case heartbeat
        /// Close the connection without a frame.
        case close(Expiry)
    }

    /// The deadline that passed.
    package enum Expiry: Equatable, Sendable {
        /// No magic came.
        case magic
        /// No complete command came within two heartbeat intervals.
        case read
        /// Bytes written a heartbeat interval ago are still not taken by the peer.
        case write
    }

    /// Bytes given to the socket since the connection began, and those of them it still holds.
    package struct Output: Sendable {
        let written: Int
        let pending: Int

        /// Both counts at one moment.
        package init(written: Int, pending: Int) {
            self.written = written
            self.pending = pending
        }
    }

    private enum Phase {
        case awaitingMagic
        case open
        case ending(NIODeadline)
    }

    private var phase = Phase.awaitingMagic
    private var interval: TimeAmount?
    private let start: NIODeadline
    private var nextHeartbeat: NIODeadline
    private var lastCommand: NIODeadline
    private var stallMark: Int?

    /// Starts at the connection, with the default interval.
    package init(start: NIODeadline, interval: Duration?) {
        self.start = start
        self.interval = interval.map { TimeAmount($0) }
        lastCommand = start
        // The timer first runs at the time of the first heartbeat rather than of the magic's limit: a
        // client that sends the magic at once then needs no second timer.
        nextHeartbeat = start + (self.interval ?? Self.magicLimit)
    }

    /// The magic came.
    package mutating func magicReceived(at now: NIODeadline) {
        phase = .open
        lastCommand = now
        nextHeartbeat = now + (interval ?? Self.magicLimit)
    }

    /// At least one complete command was carried out.
    package mutating func commandCompleted(at now: NIODeadline) {
        lastCommand = now
    }

    /// IDENTIFY chose an interval, `nil` for no heartbeats and no deadlines.
    package mutating func intervalChanged(to interval: Duration?, at now: NIODeadline) {
        self.interval = interval.map { TimeAmount($0) }
        nextHeartbeat = now + (self.interval ?? Self.magicLimit)
        stallMark = nil
    }

    /// The last frame was written; the connection closes once the peer took it.
    package mutating func lastFrameWritten(at now: NIODeadline) {
        phase = .ending(now + (interval ?? Self.lastFrameLimit))
    }

    /// When to call ``check(at:inputIsHeld:output:)``; `nil` for never.
    package func wakeTime(inputIsHeld: Bool) -> NIODeadline? {
        switch phase {
        case .awaitingMagic: return min(nextHeartbeat, start + Self.magicLimit)
        case .ending(let deadline): return deadline
        case .open:
            guard let interval else { return nil }
            return inputIsHeld
                ? nextHeartbeat : min(nextHeartbeat, lastCommand + interval + interval)
        }
    }

    /// Says what is due at `now`.
    ///
    /// While the server itself holds back the input, the deadline for reading rests.
    package mutating func check(
        at now: NIODeadline,
        inputIsHeld: Bool,
        output: Output
    ) -> Verdict {
        switch phase {
        case .awaitingMagic:
            guard now < start + Self.magicLimit else { return .close(.magic) }
            nextHeartbeat = start + Self.magicLimit
            return .nothing
        case .ending(let deadline):
            return now < deadline ? .nothing : .close(.write)
        case .open:
            guard let interval else { return .nothing }
            guard inputIsHeld || now < lastCommand + interval + interval else {
                return .close(.read)
            }
            guard now >= nextHeartbeat else { return .nothing }
            guard !isStalled(output) else { return .close(.write) }
            let late = (now - nextHeartbeat).nanoseconds / max(1, interval.nanoseconds)
            nextHeartbeat =
                nextHeartbeat + .nanoseconds((late &+ 1) &* max(1, interval.nanoseconds))
            return .heartbeat
        }
    }

    /// Compares with the last heartbeat: what had been written then must be taken by now.
    private mutating func isStalled(_ output: Output) -> Bool {
        let taken = output.written - output.pending
        if let stallMark, taken < stallMark { return true }
        stallMark = output.pending > 0 ? output.written : nil
        return false
    }
}
