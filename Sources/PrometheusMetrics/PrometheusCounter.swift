import CoreMetrics
import Synchronization

/// A number that only rises.
final class PrometheusCounter: CounterHandler, SampleSource {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    func addSamples(to family: inout MetricFamily, _ labels: [(name: String, value: String)]) {
        family.add(Double(value.load(ordering: .relaxed)), labels)
    }
}
