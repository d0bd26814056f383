import CoreMetrics
import Synchronization

/// Observations counted by size.
final class PrometheusHistogram: TimerHandler, RecorderHandler, SampleSource {
    private struct State {
        /// Observations at most as large as each bound, and larger than the one before.
        var counts: [UInt64]
        /// Observations larger than every bound.
        var beyond: UInt64 = 0
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// Counts up to each of `bounds`, which rise.
    init(_ bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let index = bounds.firstIndex { value <= $0 }
        state.withLock { state in
            if let index { state.counts[index] += 1 } else { state.beyond += 1 }
            state.sum += value
        }
    }

    func addSamples(to family: inout MetricFamily, _ labels: [(name: String, value: String)]) {
        let state = state.withLock { $0 }
        var count: UInt64 = 0
        for (bound, added) in zip(bounds, state.counts) {
            count += added
            let bucket = labels + [(name: "le", value: MetricText.number(bound))]
            family.add(Double(count), bucket, suffix: "_bucket")
        }
        count += state.beyond
        family.add(Double(count), labels + [(name: "le", value: "+Inf")], suffix: "_bucket")
        family.add(state.sum, labels, suffix: "_sum")
        family.add(Double(count), labels, suffix: "_count")
    }
}
