/// How near a consumer is to this node, with topology-aware consumption.
///
/// Source: `nsqd` spec 3.9.
package enum Proximity: Int, Sendable, Comparable {
    /// In the node's zone.
    case zone
    /// In its region.
    case region
    /// Anywhere else, and everywhere while topology is not looked at.
    case global

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Deliveries of a channel by the proximity of the consumer.
package struct ProximityCounts: Sendable {
    /// To consumers of the node's zone.
    package private(set) var zone: UInt64 = 0
    /// To others of its region.
    package private(set) var region: UInt64 = 0
    /// To all others.
    package private(set) var global: UInt64 = 0

    /// None yet.
    package init() {}

    /// Counts deliveries.
    package mutating func add(_ count: Int, _ proximity: Proximity) {
        let count = UInt64(count)
        switch proximity {
        case .zone: zone &+= count
        case .region: region &+= count
        case .global: global &+= count
        }
    }
}
