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
        /// The registrations that it shows, and until when it shows them as they are: both tell answers apart.
        let version: UInt64
        let validUntil: Int64

        var byteCount: Int { plain.readableBytes + (packed?.readableBytes ?? 0) }
    }

    /// Shorter answers are written as fast as they are found.
    private static let shortest = 4096
    /// Bytes of all answers that are kept.
    private static let capacity = 64 << 20

    private struct State {
        var answers: [TopicName: Answer] = [:]
        var byteCount = 0
    }

    private let state = Mutex(State())

    /// The answer for `topic`, if it was written at this version of its registrations and holds at `now`.
    func answer(for topic: TopicName, version: UInt64, at now: Int64) -> Answer? {
        state.withLock { state in
            guard let answer = state.answers[topic], answer.version == version,
                now < answer.validUntil
            else { return nil }
            return answer
        }
    }

    /// Keeps an answer; with too many, all are let go.
    func keep(_ plain: ByteBuffer, for topic: TopicName, version: UInt64, validUntil: Int64) {
        guard plain.readableBytes >= Self.shortest else { return }
        let answer = Answer(plain: plain, version: version, validUntil: validUntil)
        state.withLock { Self.put(answer, for: topic, in: &$0) }
    }

    /// Keeps the packed form of `answer` beside it, unless another took its place meanwhile.
    func keep(packed: ByteBuffer, of answer: Answer, for topic: TopicName) {
        state.withLock { state in
            guard var kept = state.answers[topic], kept.version == answer.version,
                kept.validUntil == answer.validUntil
            else { return }
            kept.packed = packed
            Self.put(kept, for: topic, in: &state)
        }
    }

    private static func put(_ answer: Answer, for topic: TopicName, in state: inout State) {
        guard answer.byteCount <= capacity else { return }
        state.byteCount -= state.answers[topic]?.byteCount ?? 0
        if state.byteCount + answer.byteCount > capacity { state = State() }
        state.byteCount += answer.byteCount
        state.answers[topic] = answer
    }
}
