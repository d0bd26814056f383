/// A set of sequences that is dense at its start: everything below ``floor``, and bits above it.
package struct SequenceSet: Equatable, Sendable {
    /// Sequences in one block of bits.
    private static let blockSize: UInt64 = 1024

    private struct Block: Equatable {
        /// Empty in a full block, which needs no bits.
        var words = [UInt64](repeating: 0, count: 16)
        var count = 0

        static let full: Block = {
            var block = Block()
            block.words = []
            block.count = Int(SequenceSet.blockSize)
            return block
        }()

        func contains(_ bit: UInt64) -> Bool {
            words.isEmpty || words[Int(bit / 64)] >> (bit % 64) & 1 == 1
        }
    }

    /// Every sequence below it is in the set.
    package private(set) var floor: UInt64
    private var blocks: [UInt64: Block] = [:]

    /// Longest range above the floor that is believed: more than any channel finishes behind a straggler, and
    /// few enough blocks that a damaged entry cannot exhaust the memory.
    static let maximumRange: UInt64 = 1 << 32

    /// The set of all sequences below `floor`.
    package init(floor: UInt64) { self.floor = floor }

    /// Whether `sequence` is in the set.
    package func contains(_ sequence: UInt64) -> Bool {
        if sequence < floor { return true }
        guard let block = blocks[sequence / Self.blockSize] else { return false }
        let bit = sequence % Self.blockSize
        return block.contains(bit)
    }

    /// Adds a range; the floor follows.
    package mutating func insert(_ range: Range<UInt64>) {
        guard range.upperBound > floor else { return }
        if range.lowerBound <= floor {
            raiseFloor(to: range.upperBound)
            return
        }
        var sequence = range.lowerBound
        while sequence < range.upperBound {
            let number = sequence / Self.blockSize
            let end = min(range.upperBound, (number + 1) * Self.blockSize)
            insert(sequence..<end, intoBlock: number)
            sequence = end
        }
    }

    /// The ranges above the floor, ascending.
    package var ranges: [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        for number in blocks.keys.sorted() {
            guard let block = blocks[number] else { continue }
            for bit in 0..<Self.blockSize where block.contains(bit) {
                let sequence = number * Self.blockSize + bit
                if sequence < floor { continue }
                if let last = ranges.last, last.upperBound == sequence {
                    ranges[ranges.count - 1] = last.lowerBound..<sequence + 1
                } else {
                    ranges.append(sequence..<sequence + 1)
                }
            }
        }
        return ranges
    }

    private mutating func insert(_ range: Range<UInt64>, intoBlock number: UInt64) {
        if range.count == Int(Self.blockSize) {
            blocks[number] = .full
            return
        }
        var block = blocks[number] ?? Block()
        guard !block.words.isEmpty else { return }
        for sequence in range {
            let bit = sequence % Self.blockSize
            let mask: UInt64 = 1 << (bit % 64)
            if block.words[Int(bit / 64)] & mask == 0 {
                block.words[Int(bit / 64)] |= mask
                block.count += 1
            }
        }
        blocks[number] = block.count == Int(Self.blockSize) ? .full : block
    }

    private mutating func raiseFloor(to target: UInt64) {
        let before = floor / Self.blockSize
        floor = target
        while contains(floor) {
            let number = floor / Self.blockSize
            let isFull = blocks[number]?.count == Int(Self.blockSize)
            floor = isFull ? (number + 1) * Self.blockSize : floor + 1
        }
        let after = floor / Self.blockSize
        guard after > before, !blocks.isEmpty else { return }
        blocks = blocks.filter { $0.key >= after }
    }
}
