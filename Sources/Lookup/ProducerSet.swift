/// The producers of one registration, in the order of answers.
///
/// A sorted array: a registration has a few producers or a few hundred, is read far more often than changed, and a
/// copy taken under a lock costs nothing.
package struct ProducerSet: Sendable {
    /// A producer in one registration.
    package struct Entry: Sendable {
        /// Who it is.
        package let producer: RegisteredProducer
        /// When the registration was tombstoned last, on the monotonic clock; `nil` for never.
        package internal(set) var tombstonedAt: Int64?
    }

    /// The entries in order.
    package private(set) var entries: ContiguousArray<Entry> = []

    /// Whether there is none.
    var isEmpty: Bool { entries.isEmpty }

    /// Adds `producer`; `false` when it was there, and stays as it is.
    mutating func insert(_ producer: RegisteredProducer) -> Bool {
        let index = position(of: producer)
        if index < entries.count, entries[index].producer === producer { return false }
        entries.insert(Entry(producer: producer), at: index)
        return true
    }

    /// Removes `producer`; `false` when it was not there.
    mutating func remove(_ producer: RegisteredProducer) -> Bool {
        let index = position(of: producer)
        guard index < entries.count, entries[index].producer === producer else { return false }
        entries.remove(at: index)
        return true
    }

    /// The entry of `producer`; `nil` when it is not here.
    func entry(of producer: RegisteredProducer) -> Entry? {
        let index = position(of: producer)
        guard index < entries.count, entries[index].producer === producer else { return nil }
        return entries[index]
    }

    /// Hides those whose address and HTTP port are `node`, from `now` on.
    mutating func tombstone(_ node: NodeAddress, at now: Int64) {
        for index in entries.indices where node.names(entries[index].producer.identity) {
            entries[index].tombstonedAt = now
        }
    }

    /// Where `producer` stands, or would.
    private func position(of producer: RegisteredProducer) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].producer.precedes(producer) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
