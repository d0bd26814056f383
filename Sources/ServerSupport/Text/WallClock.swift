private import Glibc

/// The wall clock, for header fields, `/stats` and `/metrics`.
///
/// Nothing is decided by it, so it is not injected: a jump of the clock shows in a text, no more.
package enum WallClock {
    /// Seconds since the Unix epoch now.
    package static var seconds: Int64 { nanoseconds / 1_000_000_000 }

    /// Nanoseconds since the Unix epoch now.
    package static var nanoseconds: Int64 {
        var now = timespec()
        // SAFETY: clock_gettime writes the local timespec and keeps no reference to it.
        guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { return 0 }
        return Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
    }
}
