/// The number of this nsqd in message ids, 0 to 1023.
///
/// Source: `nsqd` spec 1.4 and flag `--node-id`.
package struct NodeID: Hashable, Sendable {
    /// Largest legal node id.
    package static let maximum: UInt16 = 1023

    /// The number itself, 0 to 1023.
    package let rawValue: UInt16

    /// Accepts 0 to 1023; `nil` for anything else.
    package init?(_ value: Int) {
        guard let number = UInt16(exactly: value), number <= Self.maximum else { return nil }
        rawValue = number
    }
}
