/// How many messages lie between two sequences of a log, holes and jumps left out.
struct MessageCounts: Sendable {
    private struct Run {
        var sequences: Range<UInt64>
        /// Messages in the runs before this one.
        var before: UInt64
    }

    /// Ascending; every sequence in a run is that of a message.
    private var runs: [Run] = []

    init(_ segments: [Segment]) {
        var total: UInt64 = 0
        for segment in segments {
            var next = segment.firstSequence
            let holes = segment.holes + [segment.range.upperBound..<segment.range.upperBound]
            for hole in holes where hole.lowerBound >= next {
                if hole.lowerBound > next {
                    runs.append(Run(sequences: next..<hole.lowerBound, before: total))
                    total += hole.lowerBound - next
                }
                next = hole.upperBound
            }
        }
    }

    /// Messages in `range`.
    func count(in range: Range<UInt64>) -> UInt64 {
        count(below: range.upperBound) - count(below: range.lowerBound)
    }

    /// Whether `sequence` is that of a message.
    func contains(_ sequence: UInt64) -> Bool {
        guard let run = lastRun(startingAtOrBefore: sequence) else { return false }
        return run.sequences.contains(sequence)
    }

    /// The first message in `range`; `nil` when there is none.
    func first(in range: Range<UInt64>) -> UInt64? {
        if range.isEmpty { return nil }
        if contains(range.lowerBound) { return range.lowerBound }
        let next = runs.first { $0.sequences.lowerBound > range.lowerBound }
        guard let next, next.sequences.lowerBound < range.upperBound else { return nil }
        return next.sequences.lowerBound
    }

    private func count(below sequence: UInt64) -> UInt64 {
        guard sequence > 0, let run = lastRun(startingAtOrBefore: sequence - 1) else { return 0 }
        return run.before + min(sequence, run.sequences.upperBound) - run.sequences.lowerBound
    }

    private func lastRun(startingAtOrBefore sequence: UInt64) -> Run? {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].sequences.lowerBound <= sequence {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low == 0 ? nil : runs[low - 1]
    }
}
