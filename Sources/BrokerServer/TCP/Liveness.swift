package import NIOCore

/// Heartbeats and the deadlines for reading and writing of one connection, as arithmetic.
///
/// One timer serves them all: it is set to ``wakeTime(inputIsHeld:)``, and ``check(at:inputIsHeld:output:)``
/// says what is due. Reading moves deadlines without touching the timer. Source: `nsqd` spec 1.6.
package struct Liveness: Sendable {
    /// Time for the four bytes of the magic.
    ///
    /// The original waits for ever (quirk Q1); a client sends them at once.
    package static let magicLimit = TimeAmount.seconds(5)

    /// Time within which an incomplete command must grow by ``pieceBytes``, or be completed.
    package static let pieceTime = TimeAmount.seconds(7)

    /// Bytes that ``pieceTime`` must bring: a slow line does, a peer that only holds its place does not.
    package static let pieceBytes = 7 * 1024

    /// Time for the last frame of a connection without heartbeats to be taken by the peer.
    package static let lastFrameLimit = TimeAmount.seconds(30)

    /// Time for which input is discarded behind the last frame, for the peer to close first.
    package static let lingerLimit = TimeAmount.milliseconds(500)

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
        /// A command began and does not come on.
        case piece
        /// Bytes written nearly a heartbeat interval ago are still not taken by the peer.
        case write
        /// The peer did not close behind the last frame.
        case linger
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
        case ending(NIODeadline, Expiry)
    }

    private var phase = Phase.awaitingMagic
    private var interval: TimeAmount?
    private let start: NIODeadline
    private var nextHeartbeat: NIODeadline
    private var lastCommand: NIODeadline
    private var stallMark: Int?
    /// When the incomplete command is judged, and the bytes that it must have by then.
    private var piece: (deadline: NIODeadline, bytes: Int)?
    /// When a socket that takes nothing is judged, and the bytes that must have been taken by then.
    private var stall: (deadline: NIODeadline, taken: Int)?

    private var stallTime: TimeAmount? { interval.map { .nanoseconds($0.nanoseconds / 10 * 9) } }

    /// Starts at the connection, with the default interval.
    package init(start: NIODeadline, interval: Duration?) {
        self.start = start
        self.interval = interval.map { TimeAmount($0) }
        lastCommand = start
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

    /// An incomplete command stands at `byteCount` bytes, or none does; `isNew` when another one was completed
    /// since the last call.
    package mutating func inputPending(_ byteCount: Int, isNew: Bool, at now: NIODeadline) {
        guard byteCount > 0 else {
            piece = nil
            return
        }
        guard isNew || piece == nil else { return }
        piece = (now + Self.pieceTime, byteCount + Self.pieceBytes)
    }

    /// The socket takes no more, having taken `taken` bytes in all.
    package mutating func outputStalled(taken: Int, at now: NIODeadline) {
        if stall == nil { stall = stallTime.map { (now + $0, taken) } }
    }

    /// The socket takes again.
    package mutating func outputTaken() { stall = nil }

    /// IDENTIFY chose an interval, `nil` for no heartbeats and no deadlines.
    package mutating func intervalChanged(to interval: Duration?, at now: NIODeadline) {
        self.interval = interval.map { TimeAmount($0) }
        nextHeartbeat = now + (self.interval ?? Self.magicLimit)
        stallMark = nil
    }

    /// The last frame was written; the connection closes once the peer took it.
    package mutating func lastFrameWritten(at now: NIODeadline) {
        phase = .ending(now + (interval ?? Self.lastFrameLimit), .write)
    }

    /// The last frame was taken and the output is closed.
    package mutating func outputClosed(at now: NIODeadline) {
        phase = .ending(now + Self.lingerLimit, .linger)
    }

    /// When to call ``check(at:inputIsHeld:output:)``; `nil` for never.
    package func wakeTime(inputIsHeld: Bool) -> NIODeadline? {
        switch phase {
        case .awaitingMagic: return min(nextHeartbeat, start + Self.magicLimit)
        case .ending(let deadline, _): return deadline
        case .open:
            var next = stall?.deadline ?? .distantFuture
            if !inputIsHeld, let piece { next = min(next, piece.deadline) }
            if let interval {
                next = min(next, nextHeartbeat)
                if !inputIsHeld { next = min(next, lastCommand + interval + interval) }
            }
            return next == .distantFuture ? nil : next
        }
    }

    /// Says what is due at `now`; `inputBytes` are those of an incomplete command.
    ///
    /// While the server itself holds back the input, the deadlines for reading rest.
    package mutating func check(
        at now: NIODeadline,
        inputIsHeld: Bool,
        inputBytes: Int = 0,
        output: Output
    ) -> Verdict {
        switch phase {
        case .awaitingMagic:
            guard now < start + Self.magicLimit else { return .close(.magic) }
            nextHeartbeat = start + Self.magicLimit
            return .nothing
        case .ending(let deadline, let expiry):
            return now < deadline ? .nothing : .close(expiry)
        case .open:
            if inputIsHeld { piece?.deadline = now + Self.pieceTime }
            if let due = piece, now >= due.deadline {
                guard inputBytes >= due.bytes else { return .close(.piece) }
                piece = (now + Self.pieceTime, inputBytes + Self.pieceBytes)
            }
            if let due = stall, now >= due.deadline, let stallTime {
                let taken = output.written - output.pending
                guard taken > due.taken else { return .close(.write) }
                stall = (now + stallTime, taken)
            }
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
