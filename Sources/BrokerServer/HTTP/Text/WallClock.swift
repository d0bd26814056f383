private import Glibc

/// The wall clock in Unix seconds, for header fields and `/stats`.
///
/// Nothing is decided by it, so it is not injected: a jump of the clock shows in a text, no more.
enum WallClock {
    /// Seconds since the Unix epoch now.
    static var seconds: Int64 {
        var now = timespec()
        // SAFETY: clock_gettime writes the local timespec and keeps no reference to it.
        guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { return 0 }
        return Int64(now.tv_sec)
    }
}
