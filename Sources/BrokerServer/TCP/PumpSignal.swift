import Synchronization

/// Tells a connection's loop that a delivery may be possible, with one task for any number of calls.
final class PumpSignal: Sendable {
    private enum State {
        /// Nobody asked.
        static let idle: UInt8 = 0
        /// The loop is at work on the connection and looks here before it leaves.
        static let attended: UInt8 = 1
        /// Somebody asked and the loop will look.
        static let requested: UInt8 = 2
    }

    private let state = Atomic(State.idle)

    /// Asks for a delivery, from any thread; `true` when the caller has to send the loop a task.
    func request() -> Bool {
        state.exchange(State.requested, ordering: .acquiringAndReleasing) == State.idle
    }

    /// The loop promises to call ``take()`` soon, which spares requests from now on their task.
    func attend() {
        _ = state.compareExchange(
            expected: State.idle,
            desired: State.attended,
            ordering: .acquiringAndReleasing
        )
    }

    /// Whether a delivery was asked for since the last call.
    ///
    /// Later requests send a task again.
    func take() -> Bool {
        state.exchange(State.idle, ordering: .acquiringAndReleasing) == State.requested
    }
}
