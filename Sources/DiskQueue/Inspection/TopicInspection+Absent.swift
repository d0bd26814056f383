extension TopicInspection {
    /// Sequences that somebody wants and no segment holds, and how many of each range are wanted.
    ///
    /// `rows`: the metadata's rows of this topic's segments.
    func absentRanges(rows: [SegmentRecord]) -> [(range: Range<UInt64>, wanted: UInt64)] {
        var absent: [Range<UInt64>] = []
        for (segment, next) in zip(segments, segments.dropFirst()) {
            // A jump after a power loss leaves numbers out that no message ever had.
            let gap = next.firstSequence - min(segment.endSequence, next.firstSequence)
            let lost = gap % TopicRecovery.sequenceJump
            // An unsealed one ends early: its own check says so.
            if lost > 0, segment.isSealed {
                absent.append(next.firstSequence - lost..<next.firstSequence)
            }
        }
        for row in rows where row.endSequence > row.firstSequence {
            let range = row.firstSequence..<row.endSequence
            let isThere = segments.contains { $0.firstSequence == row.firstSequence }
            if !isThere, !absent.contains(where: { $0.overlaps(range) }) { absent.append(range) }
        }
        return absent.compactMap { range in
            let held = range.clamped(to: pump..<max(pump, range.upperBound))
            let wanted = channels.map { $0.wantedCount(in: range) }.max() ?? 0
            let total = wanted + (held.upperBound - held.lowerBound)
            return total > 0 ? (range, total) : nil
        }
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
