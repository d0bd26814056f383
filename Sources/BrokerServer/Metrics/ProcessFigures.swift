private import Glibc

/// What the system says of this process and of the disk below its data path.
///
/// Reading blocks: not on an event loop.
struct ProcessFigures: Sendable {
    /// Processor time in user and kernel mode, seconds.
    var cpuSeconds = 0.0
    /// Private resident memory, bytes.
    var residentBytes: UInt64 = 0
    /// Bytes of the file system of the data path that this process may still write; `nil` when unknown.
    var diskFreeBytes: UInt64?
    /// Bytes of that file system; `nil` when unknown.
    var diskBytes: UInt64?

    /// Reads the figures.
    static func current(dataPath: String) -> Self {
        var figures = Self()
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            figures.cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
        figures.residentBytes = MemoryStatistics.current().heapInUseBytes
        var disk = statvfs()
        if statvfs(dataPath, &disk) == 0 {
            let unit = UInt64(disk.f_frsize)
            figures.diskFreeBytes = UInt64(disk.f_bavail).multipliedFullWidth(by: unit).low
            figures.diskBytes = UInt64(disk.f_blocks).multipliedFullWidth(by: unit).low
        }
        return figures
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
