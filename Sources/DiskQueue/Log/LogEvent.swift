/// What a topic's log reports to its owner, who decides whether to log, count or store it.
package enum LogEvent: Sendable {
    /// The log has bytes that are not durable; `isUrgent` when the sync should not wait for its interval.
    case dirtied(isUrgent: Bool)
    /// A segment's file was opened to be read.
    case opened
    /// A segment was sealed.
    case sealed(SegmentRecord)
    /// A segment's file was removed or put aside for use again.
    case removed(firstSequence: UInt64)
    /// Bytes that should be ours are damaged; delivery goes on behind them.
    case quarantined(path: String, range: Range<Int>, reason: String)
    /// An fdatasync failed and the unsynced batches were copied into a new segment.
    case movedForward(path: String, bytes: Int, reason: String)
    /// The log refuses publishes until restart or repair.
    case poisoned(reason: String)
}
