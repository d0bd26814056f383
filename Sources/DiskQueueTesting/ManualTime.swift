import NSQCore
private import Synchronization

/// Time that stands still until a test moves it.
///
/// Isolation: callable from any thread.
package final class ManualTime: TimeSource {
    private struct Clocks {
        var monotonic: Int64
        var wall: Int64
    }

    private let clocks: Mutex<Clocks>

    /// Starts both clocks, in nanoseconds; the default wall time is 2026-01-01T00:00:00Z.
    package init(
        monotonicNanoseconds: Int64 = 1_000_000_000,
        wallNanoseconds: Int64 = 1_767_225_600_000_000_000
    ) {
        clocks = Mutex(Clocks(monotonic: monotonicNanoseconds, wall: wallNanoseconds))
    }

    package var monotonicNanoseconds: Int64 { clocks.withLock { $0.monotonic } }

    package var wallNanoseconds: Int64 { clocks.withLock { $0.wall } }

    /// Lets `duration` pass on both clocks.
    package func advance(by duration: Duration) {
        let nanoseconds = Self.nanoseconds(of: duration)
        clocks.withLock { clocks in
            clocks.monotonic &+= max(0, nanoseconds)
            clocks.wall &+= nanoseconds
        }
    }

    /// Moves the wall clock alone, forwards or back, as an operator or a time server does.
    package func jumpWall(by duration: Duration) {
        let nanoseconds = Self.nanoseconds(of: duration)
        clocks.withLock { $0.wall &+= nanoseconds }
    }

    private static func nanoseconds(of duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }
}
