import Dispatch
import HeapModule
import NSQCore
import Synchronization

/// Wakes channels when something of theirs is due: one timer for all, none while nothing is.
///
/// Isolation: callable from any thread. With an injected clock nothing fires by itself; ``processDue()`` does.
package final class DeadlineScheduler: Sendable {
    private struct Entry: Comparable {
        var due: Int64
        weak var channel: Channel?

        static func < (left: Self, right: Self) -> Bool { left.due < right.due }
        static func == (left: Self, right: Self) -> Bool { left.due == right.due }
    }

    private struct State {
        var entries = Heap<Entry>()
        /// When the timer fires next.
        var armedFor = Int64.max
    }

    private let time: any TimeSource
    private let queue: DispatchQueue?
    private let state = Mutex(State())

    /// `isAutomatic`: whether a timer fires; tests move the clock themselves.
    init(time: any TimeSource, isAutomatic: Bool) {
        self.time = time
        queue = isAutomatic ? DispatchQueue(label: "nsq.deadlines", qos: .userInitiated) : nil
    }

    /// Has `channel` looked at when `due`, monotonic nanoseconds, has come.
    func schedule(_ channel: Channel, at due: Int64) {
        let arms = state.withLock { state in
            state.entries.insert(Entry(due: due, channel: channel))
            guard due < state.armedFor else { return false }
            state.armedFor = due
            return true
        }
        if arms { arm(due) }
    }

    /// How many looks are planned.
    var count: Int { state.withLock { $0.entries.count } }

    /// Looks at every channel that has something due.
    package func processDue() {
        let now = time.monotonicNanoseconds
        while let channel = popDue(at: now) {
            if let next = channel.processDue() { schedule(channel, at: next) }
        }
        let next = state.withLock { state -> Int64? in
            state.armedFor = state.entries.min?.due ?? .max
            return state.entries.min?.due
        }
        if let next { arm(next) }
    }

    private func popDue(at now: Int64) -> Channel? {
        state.withLock { state in
            while let first = state.entries.min, first.due <= now {
                state.entries.removeMin()
                if let channel = first.channel { return channel }
            }
            return nil
        }
    }

    private func arm(_ due: Int64) {
        guard let queue else { return }
        let wait = max(0, due - time.monotonicNanoseconds)
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(clamping: wait))) { [weak self] in
            self?.processDue()
        }
    }
}
