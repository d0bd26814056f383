import Synchronization

/// What a peer has to do next; filled from any thread without waiting, emptied by the peer's task.
final class LookupdInbox: Sendable {
    /// Notices that are kept; with more, telling everything anew is cheaper.
    private static let capacity = 65_536

    /// What has gathered.
    struct Contents {
        /// In the order in which they came, each once.
        var notices: [LookupdNotice] = []
        /// More came than are kept.
        var hasOverflowed = false
        /// It is time for a PING.
        var isPingDue = false
        /// The connection is gone.
        var isClosed = false
    }

    private struct State {
        /// Whether there is anybody to tell: a new connection tells everything anyway.
        var isOpen = false
        var contents = Contents()
        var known: Set<LookupdNotice> = []
    }

    /// One element when something came since the last one.
    let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() {
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes a notice, if there is anybody to tell.
    func post(_ notice: LookupdNotice) {
        change { state in
            guard state.isOpen, !state.contents.hasOverflowed,
                state.known.insert(notice).inserted
            else { return }
            if state.contents.notices.count < Self.capacity {
                state.contents.notices.append(notice)
            } else {
                state.contents = Contents(hasOverflowed: true, isClosed: state.contents.isClosed)
                state.known = []
            }
        }
    }

    /// Begins empty: there is a connection.
    func open() { state.withLock { $0 = State(isOpen: true) } }

    /// Lets everything go: there is no connection.
    func close() { state.withLock { $0 = State() } }

    /// A PING is due.
    func notePingDue() { change { $0.contents.isPingDue = true } }

    /// The connection is gone.
    func noteClosed() { change { $0.contents.isClosed = true } }

    /// Empties it.
    func take() -> Contents {
        state.withLock { state in
            defer { state = State(isOpen: state.isOpen) }
            return state.contents
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        waker.yield()
    }
}
