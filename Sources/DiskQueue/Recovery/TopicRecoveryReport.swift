/// What recovery found in one topic.
package struct TopicRecoveryReport: Sendable, Equatable {
    /// The topic's number.
    package var topicID: UInt64 = 0
    /// Bytes of an incomplete last batch that were cut and kept aside.
    package var tornBytes = 0
    /// Bytes that are damaged or did not reach the disk, with whole batches behind them.
    package var damagedBytes = 0
    /// Messages that these bytes held.
    package var lostMessages: UInt64 = 0
    /// One line for each thing that was not as expected.
    package var notes: [String] = []
}
