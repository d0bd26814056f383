/// A segment file, and what keeps it.
package struct SegmentInspection: Sendable {
    /// Sequence of the first message; names the file.
    package let firstSequence: UInt64
    /// Sequence after the last message.
    package let endSequence: UInt64
    /// Messages in it.
    package let messageCount: UInt64
    /// Bytes of its data.
    package let byteCount: UInt64
    /// Whether it is complete.
    package let isSealed: Bool
    /// The file.
    package let path: String
    /// Who still wants messages of it, and the first one that each wants.
    package let keepers: [Keeper]

    /// What keeps a segment alive.
    package struct Keeper: Sendable {
        /// The channel; `nil` for the topic itself, which holds messages back.
        package let channel: String?
        /// Messages that are wanted.
        package let messageCount: UInt64
        /// The first of them.
        package let firstSequence: UInt64
    }

    init(_ segment: Segment, of topic: TopicInspection) {
        firstSequence = segment.firstSequence
        endSequence = segment.endSequence
        messageCount = topic.counts.count(in: segment.range)
        byteCount = UInt64(clamping: segment.dataEnd)
        isSealed = segment.isSealed
        path = segment.path
        var keepers = topic.channels.compactMap { channel -> Keeper? in
            let open = segment.range.clamped(
                to: channel.ackFloor..<max(channel.ackFloor, channel.received.upperBound)
            )
            var wanted = topic.counts.count(in: open)
            var first = open.lowerBound
            for finished in channel.finishedRanges where finished.overlaps(open) {
                let part = finished.clamped(to: open)
                wanted -= topic.counts.count(in: part)
                if part.lowerBound == first { first = part.upperBound }
            }
            guard wanted > 0 else { return nil }
            return Keeper(
                channel: channel.name,
                messageCount: wanted,
                firstSequence: topic.counts.first(in: first..<open.upperBound) ?? first
            )
        }
        let held = segment.range.clamped(to: topic.pump..<max(topic.pump, topic.endSequence))
        let waiting = topic.counts.count(in: held)
        if waiting > 0 {
            keepers.append(
                Keeper(channel: nil, messageCount: waiting, firstSequence: held.lowerBound)
            )
        }
        self.keepers = keepers
    }
}

extension TopicInspection {
    /// The segment files in the order of the log.
    package var segmentInspections: [SegmentInspection] {
        segments.map { SegmentInspection($0, of: self) }
    }
}
