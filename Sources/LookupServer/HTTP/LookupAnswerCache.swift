import NIOCore
import NSQCore
import Synchronization

/// Long answers to `/lookup`, as they were written last.
///
/// A topic of a thousand producers takes longer to encode than to send, and consumers ask for it again and again.
/// Safe to use from any thread.
final class LookupAnswerCache: Sendable {
    /// Shorter answers are written as fast as they are found.
    private static let shortest = 4096
    /// Bytes of all answers that are kept.
    private static let capacity = 64 << 20

    private struct Answer {
        var body: ByteBuffer
        var version: UInt64
        var validUntil: Int64
    }

    private struct State {
        var answers: [TopicName: Answer] = [:]
        var byteCount = 0
    }

    private let state = Mutex(State())

    /// The answer for `topic`, if it was written at this version of its registrations and holds at `now`.
    func answer(for topic: TopicName, version: UInt64, at now: Int64) -> ByteBuffer? {
        state.withLock { state in
            guard let answer = state.answers[topic], answer.version == version,
                now < answer.validUntil
            else { return nil }
            return answer.body
        }
    }

    /// Keeps an answer; with too many, all are let go.
    func keep(_ body: ByteBuffer, for topic: TopicName, version: UInt64, validUntil: Int64) {
        guard body.readableBytes >= Self.shortest, body.readableBytes <= Self.capacity else {
            return
        }
        state.withLock { state in
            state.byteCount -= state.answers[topic]?.body.readableBytes ?? 0
            if state.byteCount + body.readableBytes > Self.capacity { state = State() }
            state.byteCount += body.readableBytes
            state.answers[topic] = Answer(body: body, version: version, validUntil: validUntil)
        }
    }
}
