private import CoreMetrics
package import PrometheusMetrics

/// Counts the answers of an HTTP API by the class of their status.
///
/// Safe to use from any thread.
package struct HTTPAnswerCounters: Sendable {
    private let counters: [Counter]

    /// Counters of the family `name`, which `registry` declares.
    package init(_ name: String, in registry: PrometheusRegistry) {
        counters = (1...5).map { status in
            Counter(label: name, dimensions: [("code", "\(status)xx")], factory: registry)
        }
    }

    /// Counts an answer.
    package func count(status: Int) {
        let index = status / 100 - 1
        if counters.indices.contains(index) { counters[index].increment() }
    }
}
