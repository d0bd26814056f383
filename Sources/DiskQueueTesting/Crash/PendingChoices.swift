import DiskQueue

/// The pending steps of all files as independent choices.
///
/// Of each choice some number of steps has persisted, its first ones: its level. A level for each
/// choice makes a state of the data.
struct PendingChoices {
    /// One step: persisted when the level of its choice is above its rank.
    private struct Step {
        let order: Int
        let file: Int
        let choice: Int
        let rank: Int
        let effect: PendingData.Effect
    }

    /// The steps of all files, oldest first.
    private var steps: [Step] = []

    /// The files that have steps.
    private(set) var files: [InodeNumber] = []

    /// The largest size that each file can come to have.
    private var largestSizes: [Int] = []

    /// How many steps each choice has.
    private(set) var stepCounts: [Int] = []

    /// Which of ``files`` each choice belongs to.
    private(set) var choiceFiles: [Int] = []

    /// How many steps there are.
    var stepCount: Int { steps.count }

    /// Gathers what is pending in `data`.
    init(_ data: [InodeNumber: PendingData], keepsOrderWithinSector: Bool) {
        for inode in data.keys.sorted() {
            guard let pending = data[inode], !pending.steps.isEmpty else { continue }
            add(pending, inode, keepsOrderWithinSector)
        }
        if files.count > 1 { steps.sort { $0.order < $1.order } }
    }

    /// The levels at which everything before `order` persisted and nothing from there on.
    func levels(before order: Int) -> [Int] {
        var levels = [Int](repeating: 0, count: stepCounts.count)
        for step in steps {
            if step.order >= order { break }
            levels[step.choice] = step.rank + 1
        }
        return levels
    }

    /// The levels at which all but the step of that index persisted, and what cannot do without it.
    func levels(without index: Int) -> [Int] {
        var levels = stepCounts
        levels[steps[index].choice] = steps[index].rank
        return levels
    }

    /// The order of each step, oldest first.
    var orders: [Int] { steps.map { $0.order } }

    /// Puts what persists at `levels` into `contents`; files for which `includes` is false are
    /// left as they are.
    func apply(
        _ levels: [Int],
        to contents: inout [InodeNumber: FileContents],
        including includes: [Bool]
    ) {
        var changed = files.map { contents[$0] ?? FileContents() }
        var sizes = changed.map { $0.bytes.count }
        for file in files.indices where includes[file] {
            changed[file].reserve(largestSizes[file])
        }
        for step in steps where includes[step.file] && levels[step.choice] > step.rank {
            switch step.effect {
            case .bytes(let bytes, let offset):
                bytes.withUnsafeBytes { changed[step.file].write($0, at: offset) }
            case .growth(let size):
                sizes[step.file] = size
            case .truncation(let size):
                sizes[step.file] = size
                changed[step.file].resize(to: size)
            }
        }
        for file in files.indices where includes[file] {
            changed[file].resize(to: sizes[file])
            contents[files[file]] = changed[file]
        }
    }

    private mutating func add(
        _ pending: PendingData,
        _ inode: InodeNumber,
        _ keepsOrderWithinSector: Bool
    ) {
        let file = files.count
        files.append(inode)
        largestSizes.append(0)
        var sizeChoice: Int?
        var sectorChoices: [Int: Int] = [:]
        for step in pending.steps {
            let choice: Int
            switch step.effect {
            case .growth(let size), .truncation(let size):
                largestSizes[file] = max(largestSizes[file], size)
                choice = sizeChoice ?? makeChoice(file)
                sizeChoice = choice
            case .bytes(_, let offset) where keepsOrderWithinSector && !step.isOrphaned:
                let sector = offset / PendingData.sectorByteCount
                choice = sectorChoices[sector] ?? makeChoice(file)
                sectorChoices[sector] = choice
            case .bytes:
                choice = makeChoice(file)
            }
            steps.append(
                Step(
                    order: step.order,
                    file: file,
                    choice: choice,
                    rank: stepCounts[choice],
                    effect: step.effect
                )
            )
            stepCounts[choice] += 1
        }
    }

    private mutating func makeChoice(_ file: Int) -> Int {
        stepCounts.append(0)
        choiceFiles.append(file)
        return stepCounts.count - 1
    }
}
