/// Segments that were there and are gone, though their messages were not done with.
extension TopicRecovery {
    /// The sequences behind the log's end that somebody names; empty in ordinary life.
    var missingTail: Range<UInt64> {
        let end = segments.last?.endSequence ?? named
        return end..<max(end, named)
    }

    /// Sequences that no segment holds: between two segments, and those that rows of the metadata speak of.
    ///
    /// Most were removed because nobody needed them; see ``RecoveredTopic/unfinishedCount(in:)``.
    func absentRanges(rows: [SegmentRecord]) -> [Range<UInt64>] {
        var absent: [Range<UInt64>] = []
        for (segment, next) in zip(segments, segments.dropFirst()) where segment.isSealed {
            // A jump after a power loss leaves numbers out that no message ever had; they come first, because
            // the log goes on in a new segment.
            let gap = next.firstSequence - min(segment.endSequence, next.firstSequence)
            let lost = gap % Self.sequenceJump
            if lost > 0 { absent.append(next.firstSequence - lost..<next.firstSequence) }
        }
        for row in rows where row.endSequence > row.firstSequence {
            let range = row.firstSequence..<row.endSequence
            let isCovered =
                segments.contains { $0.firstSequence == row.firstSequence }
                || absent.contains { $0.overlaps(range) }
            if !isCovered { absent.append(range) }
        }
        return absent
    }
}

extension RecoveredTopic {
    /// Messages of `range` that a channel, or the topic itself, still had to deliver.
    func unfinishedCount(in range: Range<UInt64>) -> UInt64 {
        let pump = log.roster.heldPump ?? log.endSequence
        let held = range.clamped(to: pump..<max(pump, range.upperBound))
        let passed = range.clamped(to: 0..<pump)
        let unfinished = channels.map { $0.state.unfinishedCount(in: passed) }.max() ?? 0
        return held.upperBound - held.lowerBound + unfinished
    }
}

extension ChannelState {
    fileprivate func unfinishedCount(in range: Range<UInt64>) -> UInt64 {
        let open = range.clamped(to: ackFloor..<max(ackFloor, range.upperBound))
        let finished = finishedRanges.reduce(into: 0 as UInt64) { count, finished in
            let part = finished.clamped(to: open)
            count += part.upperBound - part.lowerBound
        }
        return open.upperBound - open.lowerBound - finished
    }
}

extension TopicRecoveryReport {
    /// Notes those of `ranges`, which no segment holds, whose messages were wanted.
    mutating func note(_ ranges: [Range<UInt64>], of topic: RecoveredTopic) {
        for range in ranges {
            let count = topic.unfinishedCount(in: range)
            guard count > 0 else { continue }
            lostMessages += count
            notes.append(
                "\(topic.log.folder): the segment of messages \(range.lowerBound) to"
                    + " \(range.upperBound - 1) is missing; \(count) of them were not finished"
            )
        }
    }

    /// Notes that the log ends before `range`, which somebody names.
    mutating func noteMissingTail(_ range: Range<UInt64>, of topic: RecoveredTopic) {
        guard !range.isEmpty else { return }
        let count = topic.unfinishedCount(in: range)
        lostMessages += count
        notes.append(
            "\(topic.log.folder): the log ends before message \(range.lowerBound), and something names"
                + " those up to \(range.upperBound - 1); \(count) of them were not finished"
        )
    }
}
