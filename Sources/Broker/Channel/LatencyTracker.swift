import DiskQueue
import Synchronization

/// How long a channel's messages took from publish to FIN, over the last while.
///
/// Two histograms, each of half the window: when a half has passed the older one goes. Source: `nsqd` spec 10;
/// the original keeps a sketch with an error of one percent, this keeps two digits.
///
/// Isolation: callable from any thread; its lock is taken inside no other.
final class LatencyTracker: Sendable {
    private struct State {
        /// When messages in flight were published, by id: wall nanoseconds.
        var published: [UInt64: Int64] = [:]
        var newer: LatencyDistribution
        var older = LatencyDistribution()
        /// When ``newer`` began, monotonic nanoseconds.
        var start: Int64
    }

    private let half: Int64
    private let state: Mutex<State>

    /// Begins a window of that many nanoseconds.
    init(window: Int64, now: Int64) {
        half = max(1, window / 2)
        state = Mutex(State(newer: LatencyDistribution(), start: now))
    }

    /// Notes when messages that are being delivered were published.
    ///
    /// `frames`: whole messages in wire form.
    func delivered(_ frames: UnsafeRawBufferPointer) {
        state.withLock { state in
            var rest = frames
            while let frame = DeliveredFrame(rest) {
                state.published[frame.id] = frame.timestamp
                rest = UnsafeRawBufferPointer(rebasing: rest[frame.byteCount...])
            }
        }
    }

    /// Notes that messages were finished, but for those at the indices `failed`.
    func finished(
        _ ids: UnsafeBufferPointer<UInt64>,
        failed: [Int],
        wall: Int64,
        now: Int64
    ) {
        state.withLock { state in
            rotate(&state, now)
            var failures = failed[...]
            for index in ids.indices {
                if failures.first == index {
                    failures.removeFirst()
                } else if let start = state.published.removeValue(forKey: ids[index]) {
                    state.newer.record(wall > start ? UInt64(wall - start) : 0)
                }
            }
        }
    }

    /// Forgets what is in flight.
    func forgetMessages() {
        state.withLock { $0.published.removeAll() }
    }

    /// What was finished within the window.
    func distribution(now: Int64) -> LatencyDistribution {
        state.withLock { state in
            rotate(&state, now)
            var merged = state.newer
            merged.add(state.older)
            return merged
        }
    }

    private func rotate(_ state: inout State, _ now: Int64) {
        guard now - state.start >= half else { return }
        state.older = now - state.start < 2 * half ? state.newer : LatencyDistribution()
        state.newer = LatencyDistribution()
        state.start = now
    }
}

/// The parts of a message in wire form that a latency is made of.
private struct DeliveredFrame {
    let byteCount: Int
    /// When it was published, wall nanoseconds.
    let timestamp: Int64
    let id: UInt64

    /// Reads the frame at the start of `bytes`; `nil` when there is no whole one.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= SegmentFormat.messageHeaderBytes, let base = bytes.baseAddress else {
            return nil
        }
        byteCount = FrameSize.bytes(at: base)
        guard byteCount >= SegmentFormat.messageHeaderBytes, byteCount <= bytes.count else {
            return nil
        }
        timestamp = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        id = bytes[18..<34].reduce(0) { id, digit in
            id << 4 | UInt64(digit & 0xf) + (digit > UInt8(ascii: "9") ? 9 : 0)
        }
    }
}
