package import NSQCore
private import Synchronization

/// An nsqd that introduced itself: one connection of it.
///
/// The same nsqd connected twice is two of these. Safe to use from any thread.
package final class RegisteredProducer: Sendable {
    /// What it said of itself.
    package let identity: ProducerIdentity
    /// The address that it connected from, `ip:port`; what the original calls its id.
    package let remoteAddress: String
    /// How answers show it, encoded once: a lookup of a topic with a thousand producers copies bytes and encodes
    /// nothing.
    package let shown: [UInt8]
    /// Whether it is only remembered from before a restart, and not connected.
    package let isRemembered: Bool

    /// Higher for whoever came later.
    let ordinal: UInt64
    /// Equal for equal addresses: two that differ, as almost all do, are told apart without a look at the texts.
    private let addressHash: Int
    private let updated: Atomic<Int64>

    init(
        _ identity: ProducerIdentity,
        remoteAddress: String,
        shown: [UInt8],
        ordinal: UInt64,
        isRemembered: Bool,
        at now: Int64
    ) {
        self.identity = identity
        self.remoteAddress = remoteAddress
        self.shown = shown
        self.ordinal = ordinal
        self.isRemembered = isRemembered
        var hasher = Hasher()
        hasher.combine(identity.broadcastAddress)
        hasher.combine(identity.tcpPort)
        addressHash = hasher.finalize()
        updated = Atomic(now)
    }

    /// When it was heard last, on the monotonic clock in nanoseconds.
    package var lastUpdate: Int64 { updated.load(ordering: .relaxed) }

    /// It was heard.
    func touch(at now: Int64) { updated.store(now, ordering: .relaxed) }

    /// Whether both are known to consumers under the same address.
    func isSameNode(as other: RegisteredProducer) -> Bool {
        addressHash == other.addressHash && identity.tcpPort == other.identity.tcpPort
            && identity.broadcastAddress == other.identity.broadcastAddress
    }

    /// The order of answers: by address, and the same nsqd by age.
    func precedes(_ other: RegisteredProducer) -> Bool {
        if identity.broadcastAddress != other.identity.broadcastAddress {
            return identity.broadcastAddress < other.identity.broadcastAddress
        }
        if identity.tcpPort != other.identity.tcpPort {
            return identity.tcpPort < other.identity.tcpPort
        }
        return ordinal < other.ordinal
    }
}
