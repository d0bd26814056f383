package import Broker
import Synchronization

/// The clients that are connected over TCP, for `/stats`.
package final class ClientRegistry: Sendable {
    private let records = Mutex<[ObjectIdentifier: ClientRecord]>([:])

    /// No clients.
    package init() {}

    /// A client connected.
    package func add(_ record: ClientRecord) {
        records.withLock { $0[ObjectIdentifier(record)] = record }
    }

    /// A client is gone.
    package func remove(_ record: ClientRecord) {
        records.withLock { $0[ObjectIdentifier(record)] = nil }
    }

    /// All clients, in no order.
    package var all: [ClientRecord] {
        records.withLock { Array($0.values) }
    }

    /// How many there are.
    var count: Int { records.withLock { $0.count } }

    /// The client that `consumer` is; `nil` when it is not one of TCP's, or gone.
    package func record(of consumer: Consumer) -> ClientRecord? {
        consumer.delegate as? ClientRecord
    }
}
