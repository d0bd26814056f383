private import Glibc

/// What the system says of this process.
///
/// Reading blocks: not on an event loop.
package struct ProcessFigures: Sendable {
    /// Processor time in user and kernel mode, seconds.
    package var cpuSeconds = 0.0
    /// Private resident memory, bytes.
    package var residentBytes: UInt64 = 0

    /// Reads the figures.
    package static func current() -> Self {
        var figures = Self()
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            figures.cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
        figures.residentBytes = MemoryStatistics.current().heapInUseBytes
        return figures
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
