import DiskQueue

/// What was done to one file's bytes and size since it was last synchronized.
struct PendingData {
    static let sectorByteCount = 512

    /// What persists as a whole or not at all.
    enum Effect {
        /// Bytes within one sector.
        case bytes(ArraySlice<UInt8>, offset: Int)
        /// The file's size after a write past the end.
        case growth(to: Int)
        /// The file's size after a truncation.
        case truncation(to: Int)
    }

    /// One effect.
    struct Step {
        let order: Int
        let effect: Effect
        /// Whether a failed synchronize left these bytes in doubt for good.
        fileprivate(set) var isOrphaned = false

        /// The sector that the bytes are in; nil for a change of size.
        fileprivate let sector: Int?

        fileprivate init(order: Int, effect: Effect) {
            self.order = order
            self.effect = effect
            if case .bytes(_, let offset) = effect {
                sector = offset / PendingData.sectorByteCount
            } else {
                sector = nil
            }
        }
    }

    /// The steps, oldest first.
    private(set) var steps: [Step] = []

    /// The size that a process sees.
    private var size: Int

    /// Nothing pending, on a file of `size` bytes.
    init(size: Int) {
        self.size = size
    }

    /// Adds a write; each step takes the next `order`.
    mutating func write(_ bytes: [UInt8], at offset: Int, order: inout Int) {
        if offset + bytes.count > size {
            size = offset + bytes.count
            append(.growth(to: size), &order)
        }
        var start = 0
        while start < bytes.count {
            let sectorEnd = ((offset + start) / Self.sectorByteCount + 1) * Self.sectorByteCount
            let end = min(bytes.count, sectorEnd - offset)
            append(.bytes(bytes[start..<end], offset: offset + start), &order)
            start = end
        }
    }

    /// Adds a truncation.
    mutating func truncate(to newSize: Int, order: inout Int) {
        size = newSize
        append(.truncation(to: newSize), &order)
    }

    /// Notes that a synchronize failed: the pages count as clean now, and nobody will write them
    /// again.
    mutating func orphan() {
        for index in steps.indices where steps[index].sector != nil {
            steps[index].isOrphaned = true
        }
    }

    /// Makes the steps durable in `contents`, except for orphaned bytes in sectors that were not
    /// written again.
    mutating func synchronize(_ contents: inout FileContents) {
        var rewritten: Set<Int> = []
        if steps.contains(where: { $0.isOrphaned }) {
            rewritten = Set(steps.lazy.filter { !$0.isOrphaned }.compactMap { $0.sector })
        }
        var orphans: [Step] = []
        for step in steps {
            switch step.effect {
            case .bytes(let bytes, let offset):
                if step.isOrphaned, !rewritten.contains(offset / Self.sectorByteCount) {
                    orphans.append(step)
                } else {
                    bytes.withUnsafeBytes { contents.write($0, at: offset) }
                }
            case .growth(let size):
                contents.resize(to: max(size, contents.bytes.count))
            case .truncation(let size):
                contents.resize(to: size)
                orphans.removeAll { ($0.sector ?? 0) * Self.sectorByteCount >= size }
            }
        }
        steps = orphans
    }

    private mutating func append(_ effect: Effect, _ order: inout Int) {
        steps.append(Step(order: order, effect: effect))
        order += 1
    }
}
