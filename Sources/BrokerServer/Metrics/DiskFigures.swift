private import Glibc

/// What the system says of the file system below a data path.
///
/// Reading blocks: not on an event loop.
struct DiskFigures: Sendable {
    /// Bytes that this process may still write.
    let freeBytes: UInt64
    /// Bytes of the whole file system.
    let bytes: UInt64

    /// Reads the figures; `nil` when the system does not tell.
    init?(dataPath: String) {
        var disk = statvfs()
        guard statvfs(dataPath, &disk) == 0 else { return nil }
        let unit = UInt64(disk.f_frsize)
        freeBytes = UInt64(disk.f_bavail).multipliedFullWidth(by: unit).low
        bytes = UInt64(disk.f_blocks).multipliedFullWidth(by: unit).low
    }
}
