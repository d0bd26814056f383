import DiskQueue

/// The states that a power loss may leave at one moment: all of them when they are few, else a
/// sample.
struct PowerLossStates {
    /// The names that one set of pending changes leaves.
    private struct Variant {
        let tree: DirectoryTree
        let fingerprint: TreeFingerprint
        /// Of the files with pending steps, which can be reached.
        let includes: [Bool]
    }

    private let disk: PowerLossDisk
    private let options: CrashOptions
    private let choices: PendingChoices
    private var variants: [[Bool]: Variant] = [:]

    /// Gathers what is pending on `disk`.
    init(of disk: PowerLossDisk, _ options: CrashOptions) {
        self.disk = disk
        self.options = options
        choices = PendingChoices(
            disk.data,
            keepsOrderWithinSector: options.keepsOrderWithinSector
        )
    }

    /// Hands out each state with its fingerprint; some may come twice.
    mutating func visit(
        _ random: inout SeededGenerator,
        _ body: (DiskImage, UInt64) throws -> Void
    ) rethrows {
        if let sets = exhaustibleSets() {
            for kept in sets { try visitAll(keeping: kept, body) }
        } else {
            try visitPrefixes(&random, body)
            try visitOmissions(&random, body)
            for _ in 0..<options.randomCount { try visitRandom(&random, body) }
        }
    }

    /// The sets of changes of names that can persist, or nil when they make too many states with
    /// the data.
    private mutating func exhaustibleSets() -> [[Bool]]? {
        guard let sets = disk.names.persistentSets else { return nil }
        var total = 0
        for kept in sets {
            let includes = variant(kept).includes
            var count = 1
            for choice in choices.stepCounts.indices where includes[choices.choiceFiles[choice]] {
                count *= choices.stepCounts[choice] + 1
                if count > options.exhaustiveLimit { return nil }
            }
            total += count
            if total > options.exhaustiveLimit { return nil }
        }
        return sets
    }

    private mutating func visitAll(
        keeping kept: [Bool],
        _ body: (DiskImage, UInt64) throws -> Void
    ) rethrows {
        let includes = variant(kept).includes
        let free = choices.stepCounts.indices.filter { includes[choices.choiceFiles[$0]] }
        var levels = [Int](repeating: 0, count: choices.stepCounts.count)
        while true {
            try offer(kept, levels, body)
            // Counts up by one, each choice a digit.
            guard let digit = free.first(where: { levels[$0] < choices.stepCounts[$0] }) else {
                return
            }
            for lower in free.prefix(while: { $0 != digit }) { levels[lower] = 0 }
            levels[digit] += 1
        }
    }

    private mutating func visitPrefixes(
        _ random: inout SeededGenerator,
        _ body: (DiskImage, UInt64) throws -> Void
    ) rethrows {
        let changes = disk.names.changes
        let orders = (choices.orders + changes.map(\.order)).sorted() + [Int.max]
        for index in Self.sample(orders.count, options.prefixLimit, &random) {
            let kept = changes.map { $0.order < orders[index] }
            try offer(kept, choices.levels(before: orders[index]), body)
        }
    }

    private mutating func visitOmissions(
        _ random: inout SeededGenerator,
        _ body: (DiskImage, UInt64) throws -> Void
    ) rethrows {
        let changeCount = disk.names.changes.count
        let everything = [Bool](repeating: true, count: changeCount)
        let count = choices.stepCount + changeCount
        for index in Self.sample(count, options.omissionLimit, &random) {
            if index < choices.stepCount {
                try offer(everything, choices.levels(without: index), body)
            } else {
                var kept = everything
                kept[index - choices.stepCount] = false
                disk.names.close(&kept)
                try offer(kept, choices.stepCounts, body)
            }
        }
    }

    private mutating func visitRandom(
        _ random: inout SeededGenerator,
        _ body: (DiskImage, UInt64) throws -> Void
    ) rethrows {
        // Few, half or most of the pieces: real crashes come in all three.
        let eighths = [1, 4, 7][random.below(3)]
        let levels = choices.stepCounts.map { count in
            if random.below(8) < eighths { return count }
            return random.below(count)
        }
        try offer(randomSet(eighths, &random), levels, body)
    }

    /// A random set of changes that can persist: a prefix of each directory's, or any.
    private func randomSet(_ eighths: Int, _ random: inout SeededGenerator) -> [Bool] {
        let changes = disk.names.changes
        var kept: [Bool]
        if random.below(2) == 0 {
            var ends: [InodeNumber: Int] = [:]
            for entry in changes.flatMap(\.entries) where ends[entry.directory] == nil {
                let index = random.below(changes.count + 1)
                ends[entry.directory] = index < changes.count ? changes[index].order : Int.max
            }
            kept = changes.map { change in
                change.entries.allSatisfy { change.order < ends[$0.directory] ?? 0 }
            }
        } else {
            kept = changes.map { _ in random.below(8) < eighths }
        }
        disk.names.close(&kept)
        return kept
    }

    private mutating func offer(
        _ kept: [Bool],
        _ levels: [Int],
        _ body: (DiskImage, UInt64) throws -> Void
    ) rethrows {
        let variant = variant(kept)
        var image = DiskImage(tree: variant.tree, files: disk.durable.files)
        choices.apply(levels, to: &image.files, including: variant.includes)
        try body(image, variant.fingerprint.fingerprint(with: image.files))
    }

    private mutating func variant(_ kept: [Bool]) -> Variant {
        if let variant = variants[kept] { return variant }
        let tree = disk.names.tree(disk.durable.tree, keeping: kept)
        let fingerprint = TreeFingerprint(of: tree)
        let reachable = Set(fingerprint.files)
        let variant = Variant(
            tree: tree,
            fingerprint: fingerprint,
            includes: choices.files.map { reachable.contains($0) }
        )
        variants[kept] = variant
        return variant
    }

    /// All indices below `count` when they are within `limit`; else the first, the last and
    /// random ones.
    private static func sample(
        _ count: Int,
        _ limit: Int,
        _ random: inout SeededGenerator
    ) -> [Int] {
        if count <= limit { return Array(0..<count) }
        if limit <= 2 { return Array([0, count - 1].prefix(limit)) }
        return [0, count - 1] + (2..<limit).map { _ in 1 + random.below(count - 2) }
    }
}
