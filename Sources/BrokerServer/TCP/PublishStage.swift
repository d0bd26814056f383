import Broker
import NSQWire

/// The bodies of consecutive publishes of one read to one topic, published with one call.
///
/// Bodies are pointers into the bytes being read and must be published before those go.
final class PublishStage {
    /// Entries that are kept between reads; a larger array is given back.
    private static let keptCapacity = 8192

    // SAFETY: used on the connection's loop only, by methods that do not call back.
    @exclusivity(unchecked)
    private var bodies = ContiguousArray<UnsafeRawBufferPointer>()

    /// The topic of the staged bodies; `nil` while there are none.
    private(set) var topic: Topic?

    /// ``PublishTarget/revision`` for which ``topic`` was looked up.
    private(set) var revision: UInt64 = 0

    /// Nanoseconds of deferral of every staged body.
    private(set) var deferral: Int64 = 0

    /// The first staged command, which answers for the others when they fail.
    private(set) var command = CommandName.publish

    /// Commands staged, each to be answered OK.
    private(set) var commandCount = 0

    /// Whether nothing is staged.
    var isEmpty: Bool { commandCount == 0 }

    /// Messages staged.
    var messageCount: Int { bodies.count }

    /// Starts a batch.
    func begin(_ command: CommandName, to topic: Topic, revision: UInt64, deferral: Int64) {
        self.command = command
        self.topic = topic
        self.revision = revision
        self.deferral = deferral
    }

    /// Adds one more command with one body.
    func append(_ body: UnsafeRawBufferPointer) {
        commandCount += 1
        bodies.append(body)
    }

    /// Adds one more command with many bodies.
    func append(_ list: MessageBodies) {
        commandCount += 1
        // One access to the array for all: each append of its own would check for exclusivity.
        bodies.append(contentsOf: list)
    }

    /// Publishes what is staged to `topic`.
    func publish(to topic: Topic) throws(BrokerError) -> CommitTicket? {
        try bodies.withUnsafeBufferPointer { bodies throws(BrokerError) in
            try topic.publish(bodies, deferral: deferral)
        }
    }

    /// Forgets what is staged.
    func clear() {
        topic = nil
        commandCount = 0
        bodies.removeAll(keepingCapacity: bodies.capacity <= Self.keptCapacity)
    }
}
