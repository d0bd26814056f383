extension TopicInspection {
    /// Sequences that somebody wants and no segment holds, and how many of each range are wanted.
    ///
    /// `rows`: the metadata's rows of this topic's segments.
    func absentRanges(rows: [SegmentRecord]) -> [(range: Range<UInt64>, wanted: UInt64)] {
        var absent: [(range: Range<UInt64>, wanted: UInt64)] = []
        for row in rows where row.endSequence > row.firstSequence {
            let range = row.firstSequence..<row.endSequence
            guard !segments.contains(where: { $0.firstSequence == row.firstSequence }) else {
                continue
            }
            let held = range.clamped(to: pump..<max(pump, range.upperBound))
            absent.append((range, wantedCount(in: range) + held.upperBound - held.lowerBound))
        }
        for (segment, next) in zip(segments, segments.dropFirst()) {
            // A jump after a power loss leaves numbers out that no message ever had.
            let gap = next.firstSequence - min(segment.endSequence, next.firstSequence)
            let lost = gap % TopicRecovery.sequenceJump
            let range = next.firstSequence - lost..<next.firstSequence
            // An unsealed one ends early: its own check says so. What the topic holds back is not counted: a
            // repair leaves such gaps, and only a row can tell a file that went missing from one.
            if lost > 0, segment.isSealed, !absent.contains(where: { $0.range.overlaps(range) }) {
                absent.append((range, wantedCount(in: range)))
            }
        }
        return absent.filter { $0.wanted > 0 }.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    private func wantedCount(in range: Range<UInt64>) -> UInt64 {
        channels.map { $0.wantedCount(in: range) }.max() ?? 0
    }
}

extension ChannelInspection {
    /// Sequences of `range` that the channel was given and has not finished, whether a segment holds them or not.
    func wantedCount(in range: Range<UInt64>) -> UInt64 {
        let floor = max(state.ackFloor, received.lowerBound)
        let open = range.clamped(to: floor..<max(floor, received.upperBound))
        let finished = finishedRanges.reduce(into: 0 as UInt64) { count, finished in
            let part = finished.clamped(to: open)
            count += part.upperBound - part.lowerBound
        }
        return open.upperBound - open.lowerBound - finished
    }
}

extension TopicInspection {
    /// Where a segment has to begin, so that the log ends behind all that ledgers and rows name; `nil` while it does.
    ///
    /// Whole jumps behind the log's end: the numbers between are taken for those that a power loss leaves out.
    func missingStart(rows: [SegmentRecord]) -> UInt64? {
        let named = channels.map(\.state.namedEnd) + rows.map(\.endSequence)
        let end = max(named.max() ?? 0, segments.isEmpty ? pump : 0)
        guard let last = segments.last else { return max(1, end) }
        guard end > last.endSequence else { return nil }
        let jumps = (end - last.endSequence) / TopicRecovery.sequenceJump + 1
        return last.endSequence + jumps * TopicRecovery.sequenceJump
    }
}
