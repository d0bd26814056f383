/// The delivery state of a channel's messages from the first unfinished one on: four bytes a message.
///
/// The states lie in chunks of 1,024 by sequence. A chunk that nothing touched, one that is finished and a long
/// finished range take no memory; one with few survivors turns sparse, so that one straggler costs bytes.
package struct DeliveryWindow: ~Copyable {
    /// The state of one message: a run's number, or one of the constants.
    package typealias Code = UInt32

    /// Never delivered, and still in the log before the cursor.
    package static let fresh: Code = 0
    /// Largest number of a run.
    package static let maximumRun: Code = 0xffff_fff0
    /// Waits for its time.
    package static let deferred: Code = 0xffff_fffd
    /// Waits to be delivered again.
    package static let queued: Code = 0xffff_fffe
    /// Done with.
    package static let finished: Code = 0xffff_ffff

    /// Messages in a chunk.
    package static let chunkSize: UInt64 = 1024
    /// A passed chunk with at most this many unfinished messages may turn sparse.
    private static let sparseLimit: Int32 = 16
    /// Finished ranges of more chunks than this, behind all others, are kept as one range.
    private static let elisionThreshold: UInt64 = 64

    private struct Slot {
        var codes: UnsafeMutablePointer<Code>?
        /// Messages that are not finished, in a chunk with codes or survivors.
        var open: Int32 = 0
        /// All finished.
        var isDone = false
        /// The survivors are in `sparse`, the others finished.
        var isSparse = false
        /// Something at or behind the cursor may not be fresh.
        var hasMarks = false
    }

    private var slots: [Slot] = []
    private var head = 0
    /// The chunk of `slots[head]`.
    private var base: UInt64
    /// Chunks that are finished and have no slot, ascending.
    private var elided: [Range<UInt64>] = []
    private var sparse: [UInt64: Code] = [:]
    private var spare: [UnsafeMutablePointer<Code>] = []
    private var slotsAtSweep = 0

    /// The window of a channel whose first unfinished message is `floor`.
    package init(floor: UInt64) {
        base = floor / Self.chunkSize
        let within = floor % Self.chunkSize
        if within > 0 {
            _ = markFinished(base * Self.chunkSize..<floor)
            slots[0].hasMarks = false
        }
    }

    deinit {
        for slot in slots { slot.codes?.deallocate() }
        for codes in spare { codes.deallocate() }
    }

    // MARK: - Reading

    /// The state of message `sequence`.
    package func code(of sequence: UInt64) -> Code {
        guard let index = index(of: sequence / Self.chunkSize) else { return Self.finished }
        guard index < slots.count else { return Self.fresh }
        let slot = slots[index]
        if slot.isDone { return Self.finished }
        if slot.isSparse { return sparse[sequence] ?? Self.finished }
        return slot.codes?[Int(sequence % Self.chunkSize)] ?? Self.fresh
    }

    /// The first sequence that is not finished; it may lie behind the cursor, where a gap follows it.
    package mutating func floor() -> UInt64 {
        dropFinishedHead()
        let start = base * Self.chunkSize
        guard head < slots.count else { return start }
        let slot = slots[head]
        if slot.isSparse {
            let first = sparse.keys.filter { $0 / Self.chunkSize == base }.min()
            return first ?? start + Self.chunkSize
        }
        guard let codes = slot.codes else { return start }
        for at in 0..<Int(Self.chunkSize) where codes[at] != Self.finished {
            return start + UInt64(at)
        }
        return start + Self.chunkSize
    }

    /// Whether every message of `range` is finished.
    package func isFinished(_ range: Range<UInt64>) -> Bool {
        var sequence = range.lowerBound
        while sequence < range.upperBound {
            let chunk = sequence / Self.chunkSize
            let end = min(range.upperBound, (chunk + 1) * Self.chunkSize)
            defer { sequence = max(sequence, end) }
            guard let index = index(of: chunk) else {
                sequence = finishedEnd(from: chunk)
                continue
            }
            guard index < slots.count else { return false }
            if slots[index].isDone { continue }
            for each in sequence..<end where code(of: each) != Self.finished { return false }
        }
        return true
    }

    /// Calls `body` with each message below `cursor` whose state is not fresh, and with each marked
    /// one behind it, ascending within a chunk.
    ///
    /// Messages in finished chunks come as ranges.
    package func forEach(
        message body: (UInt64, Code) -> Void,
        finished: (Range<UInt64>) -> Void
    ) {
        var chunk = base
        for index in head..<max(head, slots.count) {
            while let gap = elided.first(where: { $0.contains(chunk) }) {
                finished(gap.lowerBound * Self.chunkSize..<gap.upperBound * Self.chunkSize)
                chunk = gap.upperBound
            }
            let start = chunk * Self.chunkSize
            let slot = slots[index]
            if slot.isDone {
                finished(start..<start + Self.chunkSize)
            } else if slot.isSparse || slot.codes != nil {
                for sequence in start..<start + Self.chunkSize {
                    let code = code(of: sequence)
                    if code == Self.finished {
                        finished(sequence..<sequence + 1)
                    } else if code != Self.fresh {
                        body(sequence, code)
                    }
                }
            }
            chunk += 1
        }
        for gap in elided where gap.lowerBound >= chunk {
            finished(gap.lowerBound * Self.chunkSize..<gap.upperBound * Self.chunkSize)
        }
    }

    // MARK: - Delivering

    /// What stands at the cursor.
    package enum Stretch {
        /// Codes of the cursor's chunk; without marks all behind the cursor are fresh.
        case codes(UnsafeMutablePointer<Code>, hasMarks: Bool)
        /// Finished up to this sequence.
        case finished(until: UInt64)
    }

    /// The codes of the chunk that holds `cursor`, made when nothing touched it yet.
    package mutating func stretch(at cursor: UInt64) -> Stretch {
        let chunk = cursor / Self.chunkSize
        guard let index = index(of: chunk) else {
            return .finished(until: finishedEnd(from: chunk))
        }
        grow(to: index)
        if slots[index].isDone {
            var end = chunk + 1
            var next = index + 1
            while next < slots.count, slots[next].isDone, self.index(of: end) == next {
                end += 1
                next += 1
            }
            return .finished(until: end * Self.chunkSize)
        }
        return .codes(dense(index, chunk: chunk), hasMarks: slots[index].hasMarks)
    }

    // MARK: - Settling

    /// The codes of a chunk, for settling several messages of it; `nil` when it has none of its own.
    package func codes(ofChunk chunk: UInt64) -> UnsafeMutablePointer<Code>? {
        guard let index = index(of: chunk), index < slots.count else { return nil }
        return slots[index].codes
    }

    /// Counts messages of a chunk whose codes the caller set to finished.
    package mutating func noteFinished(_ count: Int32, inChunk chunk: UInt64) {
        guard count > 0, let index = index(of: chunk), index < slots.count else { return }
        slots[index].open -= count
        if slots[index].open <= 0 { finishSlot(index) }
    }

    /// Sets the state of one message.
    ///
    /// `isAhead`: whether the message lies at or behind the cursor.
    package mutating func set(_ code: Code, of sequence: UInt64, isAhead: Bool) {
        let chunk = sequence / Self.chunkSize
        guard let index = index(of: chunk) else { return }
        grow(to: index)
        guard !slots[index].isDone else { return }
        if slots[index].isSparse {
            guard sparse[sequence] != nil else { return }
            if code == Self.finished {
                sparse[sequence] = nil
                noteFinished(1, inChunk: chunk)
            } else {
                sparse[sequence] = code
            }
            return
        }
        let codes = dense(index, chunk: chunk)
        let at = Int(sequence % Self.chunkSize)
        guard codes[at] != Self.finished else { return }
        codes[at] = code
        if isAhead { slots[index].hasMarks = true }
        if code == Self.finished { noteFinished(1, inChunk: chunk) }
    }

    /// Marks every fresh message of `range` finished.
    ///
    /// - Returns: how many were fresh.
    package mutating func markFinished(_ range: Range<UInt64>) -> UInt64 {
        var count: UInt64 = 0
        var sequence = max(range.lowerBound, base * Self.chunkSize)
        while sequence < range.upperBound {
            let chunk = sequence / Self.chunkSize
            let end = min(range.upperBound, (chunk + 1) * Self.chunkSize)
            defer { sequence = max(sequence, end) }
            guard let index = index(of: chunk) else {
                sequence = finishedEnd(from: chunk)
                continue
            }
            let isWhole = end - sequence == Self.chunkSize
            if isWhole, index >= slots.count {
                let last = range.upperBound / Self.chunkSize
                if last - chunk > Self.elisionThreshold {
                    grow(to: index - 1)
                    elided.append(chunk..<last)
                    count += (last - chunk) * Self.chunkSize
                    sequence = last * Self.chunkSize
                    continue
                }
            }
            grow(to: index)
            if slots[index].isDone { continue }
            if isWhole, slots[index].codes == nil, !slots[index].isSparse {
                slots[index].isDone = true
                count += Self.chunkSize
                continue
            }
            count += finishFresh(of: sequence..<end, in: index)
        }
        dropFinishedHead()
        return count
    }

    /// Marks the fresh messages among some of one chunk finished, and gives how many there were.
    private mutating func finishFresh(of range: Range<UInt64>, in index: Int) -> UInt64 {
        let chunk = range.lowerBound / Self.chunkSize
        var count: Int32 = 0
        if slots[index].isSparse {
            for each in range where sparse[each] == Self.fresh {
                sparse[each] = nil
                count += 1
            }
        } else {
            let codes = dense(index, chunk: chunk)
            let start = chunk * Self.chunkSize
            for at in Int(range.lowerBound - start)..<Int(range.upperBound - start)
            where codes[at] == Self.fresh {
                codes[at] = Self.finished
                count += 1
            }
            if count > 0 { slots[index].hasMarks = true }
        }
        noteFinished(count, inChunk: chunk)
        return UInt64(count)
    }

    // MARK: - Memory

    private func index(of chunk: UInt64) -> Int? {
        guard chunk >= base else { return nil }
        var index = chunk - base
        for gap in elided {
            if chunk < gap.lowerBound { break }
            if chunk < gap.upperBound { return nil }
            index -= gap.upperBound - gap.lowerBound
        }
        return head + Int(index)
    }

    /// The sequence behind the finished chunks around `chunk`, which has no slot.
    private func finishedEnd(from chunk: UInt64) -> UInt64 {
        let end = elided.first { $0.contains(chunk) }?.upperBound ?? max(base, chunk + 1)
        return end * Self.chunkSize
    }

    private mutating func grow(to index: Int) {
        while slots.count <= index { slots.append(Slot()) }
        if slots.count - slotsAtSweep > 64 { sweep() }
    }

    private mutating func dense(_ index: Int, chunk: UInt64) -> UnsafeMutablePointer<Code> {
        if let codes = slots[index].codes { return codes }
        // SAFETY: owned by the slot until the chunk is finished, or the window goes.
        let codes = spare.popLast() ?? .allocate(capacity: Int(Self.chunkSize))
        if slots[index].isSparse {
            codes.initialize(repeating: Self.finished, count: Int(Self.chunkSize))
            let start = chunk * Self.chunkSize
            for sequence in start..<start + Self.chunkSize {
                if let code = sparse.removeValue(forKey: sequence) {
                    codes[Int(sequence - start)] = code
                }
            }
            slots[index].isSparse = false
        } else {
            codes.initialize(repeating: Self.fresh, count: Int(Self.chunkSize))
            slots[index].open = Int32(Self.chunkSize)
        }
        slots[index].codes = codes
        return codes
    }

    private mutating func finishSlot(_ index: Int) {
        release(index)
        slots[index].isSparse = false
        slots[index].isDone = true
        if index == head { dropFinishedHead() }
    }

    private mutating func release(_ index: Int) {
        guard let codes = slots[index].codes else { return }
        slots[index].codes = nil
        if spare.count < 16 { spare.append(codes) } else { codes.deallocate() }
    }

    private mutating func dropFinishedHead() {
        passElided()
        while head < slots.count, slots[head].isDone {
            head += 1
            base += 1
            passElided()
        }
        guard head > 64, head > slots.count / 2 else { return }
        slots.removeFirst(head)
        slotsAtSweep = max(0, slotsAtSweep - head)
        head = 0
    }

    /// Moves the base past finished chunks that have no slot.
    private mutating func passElided() {
        while let gap = elided.first, gap.lowerBound == base {
            base = gap.upperBound
            elided.removeFirst()
        }
    }

    /// Turns chunks with few survivors sparse; the last 64 are left alone, since they are being worked on.
    private mutating func sweep() {
        slotsAtSweep = slots.count
        var chunk = base
        for index in head..<max(head, slots.count - 64) {
            while let gap = elided.first(where: { $0.contains(chunk) }) { chunk = gap.upperBound }
            defer { chunk += 1 }
            guard let codes = slots[index].codes, slots[index].open <= Self.sparseLimit else {
                continue
            }
            let start = chunk * Self.chunkSize
            var holdsFresh = false
            for at in 0..<Int(Self.chunkSize) where codes[at] == Self.fresh { holdsFresh = true }
            if holdsFresh { continue }
            for at in 0..<Int(Self.chunkSize) where codes[at] != Self.finished {
                sparse[start + UInt64(at)] = codes[at]
            }
            slots[index].isSparse = true
            release(index)
        }
    }
}
