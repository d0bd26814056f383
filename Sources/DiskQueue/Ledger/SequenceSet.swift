/// A set of sequences that is dense at its start: everything below ``floor``, and above it runs of whole blocks
/// and bits.
package struct SequenceSet: Equatable, Sendable {
    /// Sequences in one block of bits.
    private static let blockSize: UInt64 = 1024

    /// A block that holds some of its sequences, not all.
    private struct Block: Equatable {
        var words = [UInt64](repeating: 0, count: 16)
        var count: UInt64 = 0

        func contains(_ bit: UInt64) -> Bool { words[Int(bit / 64)] >> (bit % 64) & 1 == 1 }

        mutating func insert(_ bit: UInt64) {
            guard !contains(bit) else { return }
            words[Int(bit / 64)] |= 1 << (bit % 64)
            count += 1
        }
    }

    /// Every sequence below it is in the set.
    package private(set) var floor: UInt64
    /// The numbers of whole blocks: ascending, apart from each other.
    private var whole: [Range<UInt64>] = []
    private var blocks: [UInt64: Block] = [:]

    /// Longest range above the floor that is believed: more than any channel finishes behind a straggler.
    static let maximumRange: UInt64 = 1 << 32

    /// The set of all sequences below `floor`.
    package init(floor: UInt64) { self.floor = floor }

    /// Whether `sequence` is in the set.
    package func contains(_ sequence: UInt64) -> Bool {
        if sequence < floor { return true }
        let number = sequence / Self.blockSize
        if let block = blocks[number] { return block.contains(sequence % Self.blockSize) }
        let run = firstRun(endingBehind: number)
        return run < whole.count && whole[run].contains(number)
    }

    /// Adds a range; the floor follows.
    package mutating func insert(_ range: Range<UInt64>) {
        guard range.upperBound > floor else { return }
        if range.lowerBound <= floor {
            raiseFloor(to: range.upperBound)
            return
        }
        let size = Self.blockSize
        let first = range.lowerBound / size
        let last = range.upperBound / size
        if first == last {
            insertBits(range.lowerBound % size..<range.upperBound % size, into: first)
            return
        }
        var firstWhole = first
        if range.lowerBound % size > 0 {
            insertBits(range.lowerBound % size..<size, into: first)
            firstWhole += 1
        }
        if firstWhole < last { insertWhole(firstWhole..<last) }
        if range.upperBound % size > 0 { insertBits(0..<range.upperBound % size, into: last) }
    }

    /// The ranges above the floor, ascending.
    package var ranges: [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        func add(_ range: Range<UInt64>) {
            let range = max(range.lowerBound, floor)..<max(range.upperBound, floor)
            if range.isEmpty { return }
            if let last = ranges.last, last.upperBound == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        var run = 0
        for (number, block) in blocks.sorted(by: { $0.key < $1.key }) {
            while run < whole.count, whole[run].upperBound <= number {
                add(whole[run].lowerBound * Self.blockSize..<whole[run].upperBound * Self.blockSize)
                run += 1
            }
            let start = number * Self.blockSize
            for bit in 0..<Self.blockSize where block.contains(bit) {
                add(start + bit..<start + bit + 1)
            }
        }
        for run in whole[run...] {
            add(run.lowerBound * Self.blockSize..<run.upperBound * Self.blockSize)
        }
        return ranges
    }

    private mutating func insertBits(_ bits: Range<UInt64>, into number: UInt64) {
        let run = firstRun(endingBehind: number)
        if run < whole.count, whole[run].contains(number) { return }
        for bit in bits { blocks[number, default: Block()].insert(bit) }
        if blocks[number]?.count == Self.blockSize { insertWhole(number..<number + 1) }
    }

    private mutating func insertWhole(_ numbers: Range<UInt64>) {
        if numbers.upperBound - numbers.lowerBound <= UInt64(blocks.count) {
            for number in numbers { blocks[number] = nil }
        } else {
            blocks = blocks.filter { !numbers.contains($0.key) }
        }
        // One that ends where these begin grows.
        var first = firstRun(endingBehind: numbers.lowerBound)
        if first > 0, whole[first - 1].upperBound == numbers.lowerBound { first -= 1 }
        var merged = numbers
        var end = first
        while end < whole.count, whole[end].lowerBound <= merged.upperBound {
            let low = min(merged.lowerBound, whole[end].lowerBound)
            merged = low..<max(merged.upperBound, whole[end].upperBound)
            end += 1
        }
        whole.replaceSubrange(first..<end, with: CollectionOfOne(merged))
    }

    /// The index of the first run of whole blocks that ends behind block `number`.
    private func firstRun(endingBehind number: UInt64) -> Int {
        var low = 0
        var high = whole.count
        while low < high {
            let middle = (low + high) / 2
            if whole[middle].upperBound > number { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func raiseFloor(to target: UInt64) {
        let before = floor / Self.blockSize
        floor = target
        while true {
            let number = floor / Self.blockSize
            if let run = whole.first(where: { $0.upperBound > number }), run.contains(number) {
                floor = run.upperBound * Self.blockSize
            } else if let block = blocks[number], block.contains(floor % Self.blockSize) {
                floor += 1
            } else {
                break
            }
        }
        let after = floor / Self.blockSize
        guard after > before else { return }
        if let kept = whole.firstIndex(where: { $0.upperBound > after }) {
            whole.removeFirst(kept)
        } else {
            whole.removeAll()
        }
        if !blocks.isEmpty { blocks = blocks.filter { $0.key >= after } }
    }
}
