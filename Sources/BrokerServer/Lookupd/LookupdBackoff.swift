/// How long a peer waits before it connects again.
///
/// A random time between once and twice a base that doubles from a second on, so that a thousand nsqd do not fall
/// upon an nsqlookupd that has just come back. Never longer than between two PINGs, the original's pace.
struct LookupdBackoff: Sendable {
    private static let first = Duration.seconds(1)
    private static let last = Duration.milliseconds(7500)

    private var base = first

    /// The next wait; `fraction` is a random number from 0 to 1.
    mutating func next(fraction: Double) -> Duration {
        defer { base = min(base * 2, Self.last) }
        return base + base * min(max(fraction, 0), 1)
    }

    /// The connection stood: the next wait is short again.
    mutating func reset() { base = Self.first }
}
