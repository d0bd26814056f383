private import Glibc

/// The clocks of the system.
package struct SystemTime: TimeSource {
    package var monotonicNanoseconds: Int64 { read(CLOCK_MONOTONIC) }
    package var wallNanoseconds: Int64 { read(CLOCK_REALTIME) }

    /// The one there is.
    package init() {}

    private func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
