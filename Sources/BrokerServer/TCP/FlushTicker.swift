package import NIOCore

/// The timed flush of buffered messages, as arithmetic on a free-running ticker.
///
/// A tick that passes while nothing is buffered is remembered, at most one: the first message after an idle
/// period goes out at once and the next may wait a full period. No timer runs while nothing is buffered.
/// Source: `nsqd` spec 1.10.
package struct FlushTicker: Sendable {
    /// What is to be done with bytes in the buffer.
    package enum Decision: Equatable, Sendable {
        /// A tick was remembered, or is due: flush.
        case flush
        /// Ask again at that time.
        case wait(until: NIODeadline)
        /// There is no timed flush.
        case never
    }

    private let start: NIODeadline
    private let period: TimeAmount?
    private var usedTicks: Int64 = 0

    /// Ticks every `period` after `start`; `nil` for never.
    package init(start: NIODeadline, period: Duration?) {
        self.start = start
        self.period = period.map { max(TimeAmount($0), .milliseconds(1)) }
    }

    /// Decides on bytes that are in the buffer at `now`, and uses up the tick when it says to flush.
    package mutating func decide(at now: NIODeadline) -> Decision {
        guard let period else { return .never }
        let ticks = (now - start).nanoseconds / period.nanoseconds
        guard ticks <= usedTicks else {
            usedTicks = ticks
            return .flush
        }
        return .wait(until: start + .nanoseconds((ticks &+ 1) &* period.nanoseconds))
    }
}
