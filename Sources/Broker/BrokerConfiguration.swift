/// The limits of a broker.
///
/// Source: `nsqd` spec 5.2.
package struct BrokerConfiguration: Sendable {
    /// `--mem-queue-size`: cap of ephemeral queues, and where `backend_depth` begins, in messages.
    package var memoryQueueSize = 10_000
    /// `--max-channel-consumers`; 0 for no limit.
    package var maximumChannelConsumers = 0
    /// `--max-msg-timeout`, nanoseconds: TOUCH never carries a message beyond it.
    package var maximumMessageTimeout: Int64 = 900_000_000_000

    /// Nanoseconds over which latencies from publish to FIN are kept; `nil` for none.
    package var latencyWindow: Int64?

    /// The defaults of the original.
    package init() {}
}
