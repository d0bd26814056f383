import Broker
import Synchronization

extension Topic {
    /// Publishes whole arrays.
    func publish(_ bodies: [[UInt8]], _ deferral: Int64) throws -> CommitTicket? {
        let joined = bodies.flatMap { $0 }
        return try joined.withUnsafeBytes { raw in
            var offset = 0
            let parts = bodies.map { body in
                defer { offset += body.count }
                return UnsafeRawBufferPointer(rebasing: raw[offset..<offset + body.count])
            }
            return try parts.withUnsafeBufferPointer { try publish($0, deferral: deferral) }
        }
    }
}

/// What became of a commit: it is told before the call returns when nothing runs by itself.
final class Outcome: Sendable {
    private let told = Mutex<(any Error)?>(Violation("nobody told"))

    /// Why it failed; `nil` when it did not.
    var error: (any Error)? { told.withLock { $0 } }

    /// Notes what became of it.
    func set(_ error: BrokerError?) { told.withLock { $0 = error } }
}
