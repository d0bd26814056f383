import NSQCore

/// The bounds that decide whether a command is answered or refused.
///
/// Source: `nsqd` spec 1.8.
package struct CommandLimits: Sendable {
    /// Largest body of one message, bytes (`--max-msg-size`).
    package let maximumMessageBytes: Int
    /// Largest body of IDENTIFY, AUTH and MPUB, bytes (`--max-body-size`).
    package let maximumBodyBytes: Int
    /// Largest RDY count (`--max-rdy-count`).
    package let maximumReadyCount: Int
    /// Longest REQ delay and DPUB deferral, nanoseconds (`--max-req-timeout`).
    package let maximumRequeueNanoseconds: Int64

    /// Largest number of messages in one MPUB: each takes at least a size and one byte.
    package var maximumMessageCount: Int { (maximumBodyBytes - 4) / 5 }

    /// Takes the values of the daemon's flags.
    package init(
        maximumMessageBytes: Int,
        maximumBodyBytes: Int,
        maximumReadyCount: Int,
        maximumRequeueTimeout: Duration
    ) {
        self.maximumMessageBytes = maximumMessageBytes
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumReadyCount = maximumReadyCount
        maximumRequeueNanoseconds = max(0, maximumRequeueTimeout.wholeNanoseconds)
    }
}
