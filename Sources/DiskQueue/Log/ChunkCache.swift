private import Synchronization

/// The chunks that were read from disk last, shared by the channels of all topics: channels that lag together
/// read and verify the same bytes once.
///
/// Isolation: callable from any thread.
package final class ChunkCache: Sendable {
    /// Chunks kept: 4 MiB in all, whatever the number of topics.
    static let capacity = 16

    private struct Entry {
        var topicID: UInt64
        var chunk: LogChunk
    }

    private struct State {
        var entries: [Entry] = []
        var next = 0
    }

    private let state = Mutex(State())

    /// An empty cache.
    package init() {}

    /// The part of a kept chunk that begins at `position`.
    func chunk(of topicID: UInt64, at position: LogPosition) -> LogChunk? {
        state.withLock { state in
            for entry in state.entries where entry.topicID == topicID {
                if let part = entry.chunk.suffix(from: position) { return part }
            }
            return nil
        }
    }

    /// Keeps a chunk in the place of the oldest; one longer than a pooled read is not worth it.
    func keep(_ chunk: LogChunk, of topicID: UInt64) {
        guard chunk.count <= ReadBuffer.pooledBytes else { return }
        state.withLock { state in
            let entry = Entry(topicID: topicID, chunk: chunk)
            if state.entries.count < Self.capacity {
                state.entries.append(entry)
            } else {
                state.entries[state.next] = entry
                state.next = (state.next + 1) % Self.capacity
            }
        }
    }

    /// Forgets the chunks of a topic: its bytes moved, or nobody reads them any more.
    func forget(_ topicID: UInt64) {
        state.withLock { state in
            state.entries.removeAll { $0.topicID == topicID }
            state.next = 0
        }
    }
}
