/// The checks that recovery makes.
///
/// Each can be left out by a test that proves what is lost without it.
package struct RecoveryChecks: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// A batch counts only when its payload's checksum holds.
    package static let payloadChecksum = RecoveryChecks(rawValue: 1)
    /// A batch counts only when it repeats the uuid of its segment.
    package static let segmentIdentity = RecoveryChecks(rawValue: 2)
    /// Damage below the durable mark is passed over, not cut.
    package static let damageIsNotTail = RecoveryChecks(rawValue: 4)
    /// After a possible power loss the sequence jumps, so that no number is given out twice.
    package static let sequenceJump = RecoveryChecks(rawValue: 8)
    /// What recovery keeps is made durable before anything is acknowledged.
    package static let syncBeforeServing = RecoveryChecks(rawValue: 16)

    /// All of them.
    package static let all: RecoveryChecks = [
        .payloadChecksum, .segmentIdentity, .damageIsNotTail, .sequenceJump, .syncBeforeServing,
    ]
}
