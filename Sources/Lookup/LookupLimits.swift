/// What the registrations may take of memory, and for how long they count.
package struct LookupLimits: Sendable {
    /// `--inactive-producer-timeout`, nanoseconds: who was not heard for longer is not shown.
    package var inactiveProducerTimeout: Int64 = 300_000_000_000
    /// `--tombstone-lifetime`, nanoseconds.
    package var tombstoneLifetime: Int64 = 45_000_000_000
    /// `--max-producer-registrations`: topics and channels that one connection may register.
    package var maximumProducerRegistrations = 100_000
    /// `--max-names`: topics and channels known in all.
    package var maximumNames = 10_000_000

    /// The defaults.
    package init() {}
}
