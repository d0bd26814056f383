import CoreMetrics
import Synchronization

/// A number that rises and falls.
final class PrometheusGauge: MeterHandler, RecorderHandler, SampleSource {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { self.value.withLock { $0 = value } }

    func increment(by amount: Double) { value.withLock { $0 += amount } }

    func decrement(by amount: Double) { value.withLock { $0 -= amount } }

    func record(_ value: Int64) { set(value) }

    func record(_ value: Double) { set(value) }

    func addSamples(to family: inout MetricFamily, _ labels: [(name: String, value: String)]) {
        family.add(value.withLock { $0 }, labels)
    }
}
