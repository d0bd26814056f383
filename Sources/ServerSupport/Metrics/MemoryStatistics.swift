private import Glibc

/// The `memory` block of `/stats`: the original's keys, filled with what a Swift process has of
/// them.
///
/// There is no garbage collector here, so the figures about one are 0. Source: `nsqd` spec 4.5.
package struct MemoryStatistics: Sendable {
    /// The private resident bytes of the process, as `heap_in_use_bytes`.
    package var heapInUseBytes: UInt64 = 0

    /// All figures 0.
    package init() {}

    /// The keys with their values, in the original's order.
    package var entries: [(key: StaticString, value: UInt64)] {
        [
            ("heap_objects", 0), ("heap_idle_bytes", 0), ("heap_in_use_bytes", heapInUseBytes),
            ("heap_released_bytes", 0), ("gc_pause_usec_100", 0), ("gc_pause_usec_99", 0),
            ("gc_pause_usec_95", 0), ("next_gc_bytes", 0), ("gc_total_runs", 0),
        ]
    }

    /// Reads `/proc/self/statm`; all figures are 0 where there is none.
    ///
    /// May block: not on an event loop.
    package static func current() -> Self {
        var statistics = Self()
        let fields = processStatistics().split(separator: UInt8(ascii: " "))
        guard fields.count >= 3,
            let resident = UInt64(String(decoding: fields[1], as: UTF8.self)),
            let shared = UInt64(String(decoding: fields[2], as: UTF8.self)),
            let pageBytes = UInt64(exactly: sysconf(Int32(_SC_PAGESIZE))), resident >= shared
        else { return statistics }
        let (bytes, overflows) = (resident - shared).multipliedReportingOverflow(by: pageBytes)
        if !overflows { statistics.heapInUseBytes = bytes }
        return statistics
    }

    private static func processStatistics() -> [UInt8] {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            // SAFETY: read writes at most the capacity, and its result says how much it wrote.
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
    }
}
