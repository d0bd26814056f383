import NIOCore
import NSQCore
import Synchronization

/// Long answers to `/lookup`, as they were written last.
///
/// A topic of a thousand producers takes longer to encode than to send, and consumers ask for it again and again.
/// Packed it is a fifteenth; what is asked for once only, as when producers come and go, is not worth that.
/// Safe to use from any thread.
final class LookupAnswerCache: Sendable {
    /// An answer in the forms that there are.
    struct Answer: Sendable {
        /// As JSON.
        var plain: ByteBuffer
        /// The same in gzip; `nil` until somebody who takes that asked again.
        var packed: ByteBuffer?

        var byteCount: Int { plain.readableBytes + (packed?.readableBytes ?? 0) }
    }

    /// Shorter answers are written as fast as they are found.
    private static let shortest = 4096
    /// Bytes of all answers that are kept.
    private static let capacity = 64 << 20

    private struct Entry {
        var answer: Answer
        var version: UInt64
        var validUntil: Int64
    }

    private struct State {
        var entries: [TopicName: Entry] = [:]
        var byteCount = 0
    }

    private let state = Mutex(State())

    /// The answer for `topic`, if it was written at this version of its registrations and holds at `now`.
    func answer(for topic: TopicName, version: UInt64, at now: Int64) -> Answer? {
        state.withLock { state in
            guard let entry = state.entries[topic], entry.version == version,
                now < entry.validUntil
            else { return nil }
            return entry.answer
        }
    }

    /// Keeps an answer; with too many, all are let go.
    func keep(_ plain: ByteBuffer, for topic: TopicName, version: UInt64, validUntil: Int64) {
        guard plain.readableBytes >= Self.shortest else { return }
        let answer = Answer(plain: plain)
        put(Entry(answer: answer, version: version, validUntil: validUntil), for: topic)
    }

    /// Keeps the packed form of an answer beside it, unless that has changed since.
    func keep(packed: ByteBuffer, for topic: TopicName, version: UInt64) {
        guard var entry = state.withLock({ $0.entries[topic] }), entry.version == version else {
            return
        }
        entry.answer.packed = packed
        put(entry, for: topic)
    }

    private func put(_ entry: Entry, for topic: TopicName) {
        let byteCount = entry.answer.byteCount
        guard byteCount <= Self.capacity else { return }
        state.withLock { state in
            state.byteCount -= state.entries[topic]?.answer.byteCount ?? 0
            if state.byteCount + byteCount > Self.capacity { state = State() }
            state.byteCount += byteCount
            state.entries[topic] = entry
        }
    }
}
