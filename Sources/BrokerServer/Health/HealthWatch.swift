import Broker
import DiskQueue
import Synchronization

/// Whether this nsqd should be given work, by what its store reported since the start.
///
/// A failed sync stays until the restart: what the disk still holds of that file nobody knows. A failed publish
/// stays until one succeeds. Safe to use from any thread.
final class HealthWatch: Sendable {
    /// Faults that are told; more are counted.
    private static let maximumFaults = 10

    private struct State {
        var faults: [String] = []
        var moreFaults = 0
        var recovery: RecoveryReport?
        var isStopping = false
    }

    private let state = Mutex(State())

    /// Notes what an event says about the store.
    func note(_ event: BrokerEvent) {
        switch event {
        case .store(.log(let topic, .movedForward(_, _, let reason))):
            add("topic \(topic): a sync failed: \(reason)")
        case .store(.log(let topic, .poisoned(let reason))):
            add("topic \(topic) is read-only until restart: \(reason)")
        case .store(.recovered(let report)):
            state.withLock { $0.recovery = report }
        default:
            break
        }
    }

    /// The daemon is stopping: no new work.
    func stop() { state.withLock { $0.isStopping = true } }

    /// What recovery found at the start; `nil` when there was nothing to tell.
    var recovery: RecoveryReport? { state.withLock { $0.recovery } }

    /// Why no work should come, one line each; none when it should.
    ///
    /// `health` is what the broker says of the last publish.
    func reasons(health: String) -> [String] {
        let state = state.withLock { $0 }
        var reasons = state.isStopping ? ["stopping"] : []
        if health != "OK" { reasons.append("the last publish failed: \(health)") }
        reasons += state.faults
        if state.moreFaults > 0 { reasons.append("\(state.moreFaults) more faults") }
        return reasons
    }

    private func add(_ fault: String) {
        state.withLock { state in
            if state.faults.count < Self.maximumFaults {
                state.faults.append(fault)
            } else {
                state.moreFaults += 1
            }
        }
    }
}
