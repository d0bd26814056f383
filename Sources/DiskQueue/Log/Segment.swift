/// What a topic's log knows of one segment file.
///
/// Guarded by the log's lock.
struct Segment: Sendable {
    /// Names the segment and its file.
    let firstSequence: UInt64
    /// Where the file lies.
    let path: String
    /// What its batches repeat.
    let uuid: SegmentUUID
    /// Sequence after the last message.
    var endSequence: UInt64
    /// Offset after the last batch.
    var dataEnd: Int
    /// Whether the segment ends with a seal and is never appended to.
    var isSealed = false
    /// Deferred messages in it.
    var deferredCount: UInt64 = 0
    /// Places of some batches, ascending, at least ``SegmentIndex/spacing`` bytes apart.
    var index = SegmentIndex()
    /// The open file, while someone reads.
    var reader: (any File)?
    /// Whether the file may have bytes beyond `dataEnd`, left by an earlier use.
    var isRecycled = false
    /// Ranges inside the segment whose messages were lost to damage.
    var holes: [Range<UInt64>] = []

    /// The sequences that the segment may hold.
    var range: Range<UInt64> { firstSequence..<max(firstSequence, endSequence) }

    /// Messages in the segment at or above `sequence`.
    func messageCount(from sequence: UInt64) -> UInt64 {
        let low = max(sequence, firstSequence)
        guard endSequence > low else { return 0 }
        return holes.reduce(endSequence - low) { rest, hole in
            hole.upperBound > low ? rest - (hole.upperBound - max(low, hole.lowerBound)) : rest
        }
    }

    /// The file name of the segment that begins with `sequence`: twenty digits, so that names sort.
    static func fileName(_ sequence: UInt64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits + fileSuffix
    }

    /// The sequence in a segment's file name; `nil` for any other name.
    static func sequence(inFileName name: String) -> UInt64? {
        guard name.hasSuffix(fileSuffix), name.utf8.count == 20 + fileSuffix.utf8.count else {
            return nil
        }
        return UInt64(name.dropLast(fileSuffix.utf8.count))
    }

    /// Ends the names of segment files.
    static let fileSuffix = ".segment"
}

/// Places of some of a segment's batches, so that a redelivery finds its message without reading the file.
struct SegmentIndex: Sendable {
    /// Fewest bytes between two entries.
    static let spacing = 64 * 1024

    private struct Entry {
        let sequence: UInt64
        let offset: Int
    }

    private var entries: [Entry] = []

    /// Notes a batch; entries closer than ``spacing`` to the one before are left out.
    mutating func note(sequence: UInt64, offset: Int) {
        if let last = entries.last, offset - last.offset < Self.spacing { return }
        entries.append(Entry(sequence: sequence, offset: offset))
    }

    /// The offset of the last noted batch that begins at or before `sequence`.
    func offset(before sequence: UInt64) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : entries[low - 1].offset
    }
}
