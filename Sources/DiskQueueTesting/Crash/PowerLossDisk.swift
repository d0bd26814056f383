import DiskQueue

/// A disk between two crashes: what is durable, and what is pending on top of it.
struct PowerLossDisk {
    /// What every state after a crash has.
    private(set) var durable: DiskImage

    /// The pending changes of names.
    private(set) var names = PendingNames()

    /// The pending steps of files, by inode number; a file without any may be missing.
    private(set) var data: [InodeNumber: PendingData] = [:]

    private var order = 0

    /// Starts from a disk on which nothing is pending.
    init(_ base: DiskImage) {
        durable = base
    }

    /// Carries on by one operation.
    mutating func record(_ operation: DiskOperation) {
        switch operation {
        case .changeNames(let change):
            // Inodes exist at once, without a name: their contents may become durable before the
            // name does.
            switch change {
            case .create(_, let inode): durable.files[inode] = FileContents()
            case .makeDirectory(_, let inode): durable.tree.addDirectory(inode)
            case .rename, .remove, .removeDirectory: break
            }
            names.record(change, order: order)
            order += 1
        case .write(let inode, let offset, let bytes):
            withPending(inode) { $0.write(bytes, at: offset, order: &$1) }
        case .truncate(let inode, let size):
            withPending(inode) { $0.truncate(to: size, order: &$1) }
        case .failedSynchronizeData(let inode):
            data[inode]?.orphan()
        case .synchronizeData(let inode):
            guard var contents = durable.files.removeValue(forKey: inode) else { return }
            data[inode]?.synchronize(&contents)
            if data[inode]?.steps.isEmpty == true { data[inode] = nil }
            durable.files[inode] = contents
        case .synchronizeDirectory(let directory):
            for change in names.synchronize(directory) {
                guard let inode = durable.tree.apply(change) else { continue }
                durable.files[inode] = nil
                data[inode] = nil
            }
        case .mark:
            break
        }
    }

    private mutating func withPending(
        _ inode: InodeNumber,
        _ body: (inout PendingData, inout Int) -> Void
    ) {
        guard let size = durable.files[inode]?.bytes.count else { return }
        body(&data[inode, default: PendingData(size: size)], &order)
    }
}
