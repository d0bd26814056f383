import Synchronization

/// Bytes that all connections together may hold of something.
///
/// Safe to use from any thread.
final class ByteBudget: Sendable {
    /// The bound.
    let byteCount: Int

    private let held = Atomic<Int>(0)

    /// A budget of `byteCount` bytes, none of which is used.
    init(_ byteCount: Int) { self.byteCount = byteCount }

    /// Whether more than the budget is held.
    var isExceeded: Bool { held.load(ordering: .relaxed) > byteCount }

    /// Counts `count` bytes of a connection where `old` were counted, also beyond the budget.
    func hold(_ count: Int, insteadOf old: inout Int) {
        guard count != old else { return }
        held.wrappingAdd(count - old, ordering: .relaxed)
        old = count
    }
}
