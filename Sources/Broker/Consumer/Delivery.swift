/// What one ``Channel/take(for:into:)`` gave.
package struct Delivery: Sendable, Equatable {
    /// Why the delivery ended.
    package enum State: Sendable, Equatable {
        /// The ready count is used up or zero, or the channel is paused: flush.
        case notReady
        /// Nothing more to deliver now; the delegate is told when there is.
        case caughtUp
        /// The next message does not fit what is left: flush and come again.
        case full
        /// The next message alone needs this many bytes, more than the whole destination.
        case needsBytes(Int)
    }

    /// Bytes written to the destination: whole message frames.
    package var byteCount = 0
    /// Messages among them.
    package var messageCount = 0
    /// Why it ended.
    package var state = State.caughtUp
}
