/// A place in a topic's log: the offset of a batch header in the segment that begins with `segment`.
package struct LogPosition: Equatable, Sendable {
    /// First sequence of the segment, which names it.
    package var segment: UInt64
    /// Low half of the segment's uuid: tells the file from one that took its name after a failed sync.
    package var use: UInt64
    /// Offset of a batch header in its file, in bytes.
    package var offset: Int

    /// Composes a position.
    package init(segment: UInt64, use: UInt64, offset: Int) {
        self.segment = segment
        self.use = use
        self.offset = offset
    }
}
