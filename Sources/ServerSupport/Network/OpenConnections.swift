import NIOCore
private import Synchronization

/// The sockets that a front has accepted, to be closed with it.
package final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any NetworkChannel] = [:]
        var isClosed = false
    }

    private let budget: ConnectionBudget
    private let state = Mutex(State())

    /// Asks `budget` about each.
    package init(budget: ConnectionBudget) {
        self.budget = budget
    }

    /// Follows `channel` until it closes; `false` when it came too late, or is too many, and is to be closed.
    package func add(_ channel: any NetworkChannel) -> Bool {
        guard budget.admit(channel) else { return false }
        let key = ObjectIdentifier(channel)
        let isAdded = state.withLock { state in
            guard !state.isClosed else { return false }
            state.channels[key] = channel
            return true
        }
        if isAdded {
            channel.closeFuture.whenComplete { [self] _ in
                state.withLock { $0.channels[key] = nil }
            }
        }
        return isAdded
    }

    /// Closes all, without a frame, and returns when the last is closed; none can be added any more.
    package func closeAll() async {
        let channels = state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
        for channel in channels {
            channel.close(promise: nil)
        }
        for channel in channels {
            // SWALLOW: the future of a close does not fail.
            try? await channel.closeFuture.get()
        }
    }
}
