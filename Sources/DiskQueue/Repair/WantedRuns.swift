/// The batches of a segment that somebody still wants, with the short gaps between them.
struct WantedRuns {
    /// Sequences that stay, ascending.
    private(set) var wanted: [Range<UInt64>] = []
    /// Bytes of the batches that stay.
    private(set) var wantedBytes = 0

    /// Reads the headers of `segment`.
    init(
        of segment: Segment,
        _ topic: TopicInspection,
        smallestGap: Int
    ) throws(DiskQueueError) {
        var gapBytes = 0
        try SegmentWalk.forEachHeader(of: segment, in: topic.fileSystem) { header in
            guard !header.isControl else { return }
            let range = header.firstSequence..<header.endSequence
            guard topic.wants(range) else {
                gapBytes += header.totalBytes
                return
            }
            let joins = !wanted.isEmpty && gapBytes < smallestGap
            if joins, let last = wanted.indices.last {
                wanted[last] = wanted[last].lowerBound..<range.upperBound
                wantedBytes += gapBytes
            } else {
                wanted.append(range)
            }
            wantedBytes += header.totalBytes
            gapBytes = 0
        }
    }

    /// Whether a batch stays.
    func contains(_ header: BatchHeader) -> Bool {
        wanted.contains { $0.contains(header.firstSequence) }
    }
}

extension TopicInspection {
    /// Whether a channel, or the topic itself, still wants a message of `range`.
    fileprivate func wants(_ range: Range<UInt64>) -> Bool {
        if range.upperBound > pump { return true }
        return channels.contains { $0.wantedCount(in: range) > 0 }
    }
}
