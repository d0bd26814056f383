import DiskQueue

/// The disk that the death of the process leaves, operation by operation.
struct ProcessDeathStates {
    private let options: CrashOptions
    private var image: DiskImage
    private var names: TreeFingerprint

    /// Starts from `base`.
    init(_ base: DiskImage, _ options: CrashOptions) {
        self.options = options
        image = base
        names = TreeFingerprint(of: base.tree)
    }

    /// Hands out the present state with its fingerprint.
    func visit(_ body: (DiskImage, UInt64) throws -> Void) rethrows {
        try body(image, names.fingerprint(with: image.files))
    }

    /// Carries out an operation; of a write, hands out the states in which a part of it has
    /// happened.
    mutating func perform(
        _ operation: DiskOperation,
        _ random: inout SeededGenerator,
        _ body: (DiskImage, UInt64) throws -> Void
    ) rethrows {
        switch operation {
        case .write(let inode, let offset, let bytes) where image.files[inode] != nil:
            var done = 0
            for cut in cuts(offset, bytes.count, &random) {
                bytes[done..<cut].withUnsafeBytes {
                    image.files[inode]?.write($0, at: offset + done)
                }
                done = cut
                try visit(body)
            }
            bytes[done...].withUnsafeBytes { image.files[inode]?.write($0, at: offset + done) }
        case .changeNames:
            image.apply(operation)
            names = TreeFingerprint(of: image.tree)
        default:
            image.apply(operation)
        }
    }

    /// Where a write of `count` bytes is cut: ascending, inside the write.
    private func cuts(_ offset: Int, _ count: Int, _ random: inout SeededGenerator) -> [Int] {
        let sector = PendingData.sectorByteCount
        var cuts = Set<Int>()
        let first = sector - offset % sector
        let boundaries = first < count ? (count - 1 - first) / sector + 1 : 0
        if boundaries <= options.sectorCutLimit {
            for index in 0..<boundaries { cuts.insert(first + index * sector) }
        } else {
            for _ in 0..<options.sectorCutLimit {
                cuts.insert(first + random.below(boundaries) * sector)
            }
        }
        if count > 1 {
            for _ in 0..<options.randomCutCount { cuts.insert(1 + random.below(count - 1)) }
        }
        return cuts.sorted()
    }
}
