import DiskQueue

/// What a ``SimulatedFileSystem`` guards with its lock: the disk as a process sees it, the log
/// and the faults.
struct SimulatedDiskState {
    /// The disk as a process sees it.
    var image: DiskImage

    /// Every operation and mark since the start.
    var log: [DiskOperation] = []

    /// The faults that may still hit.
    var faults: [DiskFault] = []

    /// How many calls were made, and how many of them failed by a fault.
    var callCount = 0
    var faultCount = 0

    /// Starts from `image`.
    init(image: DiskImage) {
        self.image = image
    }

    /// Carries out an operation and logs it.
    mutating func perform(_ operation: DiskOperation) {
        image.apply(operation)
        log.append(operation)
    }

    /// Counts a call; throws what a fault makes of it, after the part of a write that happens all
    /// the same.
    mutating func admit(
        _ call: DiskFault.Calls,
        _ name: String,
        _ path: String,
        byteCount: Int = 0,
        writing: ((inout SimulatedDiskState, Int) -> Void)? = nil
    ) throws(FileSystemError) {
        callCount += 1
        for index in faults.indices {
            guard let hit = faults[index].strike(call, path, byteCount: byteCount) else { continue }
            faultCount += 1
            if hit.writtenByteCount > 0 { writing?(&self, hit.writtenByteCount) }
            throw FileSystemError(operation: name, path: path, errno: hit.errno)
        }
    }
}
