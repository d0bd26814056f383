/// What a verification found.
package struct VerificationReport: Sendable {
    /// Everything that is not as it should be, in the order of the files.
    package internal(set) var findings: [Finding] = []
    /// The process that used the store meanwhile; `nil` when none did.
    package internal(set) var holder: Int32?
    /// Topics that were looked at.
    package internal(set) var topicCount = 0
    /// Segment files that were read.
    package internal(set) var segmentCount = 0
    /// Ledger files that were read.
    package internal(set) var ledgerCount = 0
    /// Messages whose checksums hold.
    package internal(set) var messageCount: UInt64 = 0
    /// Bytes of segments and ledgers that were read.
    package internal(set) var byteCount = 0

    /// Whether nothing is damaged.
    package var isHealthy: Bool { !findings.contains { $0.severity == .damage } }
}
