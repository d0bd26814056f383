package import CoreMetrics
import Synchronization

/// Keeps what is counted and measured through swift-metrics, for a page that Prometheus reads.
///
/// Only declared metrics are kept: whoever counts under another label counts into nothing, so that a slip, or a
/// library, cannot fill the memory. Counters, gauges and histograms alike are free of locks that an event loop could
/// wait for longer than a few instructions. Safe to use from any thread.
package final class PrometheusRegistry: MetricsFactory {
    /// What is kept of one label.
    package struct Declaration: Sendable {
        let name: String
        let kind: MetricFamily.Kind
        let help: String
        let buckets: [Double]

        /// A counter, `name` ending in `_total`.
        package static func counter(_ name: String, _ help: String) -> Self {
            Self(name: name, kind: .counter, help: help, buckets: [])
        }

        /// A number that rises and falls.
        package static func gauge(_ name: String, _ help: String) -> Self {
            Self(name: name, kind: .gauge, help: help, buckets: [])
        }

        /// A distribution over `buckets`, which rise; for timers in seconds.
        package static func histogram(
            _ name: String,
            buckets: [Double],
            _ help: String
        ) -> Self {
            Self(name: name, kind: .histogram, help: help, buckets: buckets)
        }
    }

    /// Label values that one metric may have; more are counted into nothing.
    private static let maximumSeries = 1000

    private struct Series {
        let labels: [(name: String, value: String)]
        let handler: any SampleSource
    }

    private let declarations: [Declaration]
    private let series: Mutex<[String: [Series]]>

    /// Keeps `declarations`, and shows them in this order.
    package init(_ declarations: [Declaration]) {
        self.declarations = declarations
        series = Mutex([:])
    }

    /// Everything as it is now.
    package func families() -> [MetricFamily] {
        let all = series.withLock { $0 }
        return declarations.map { declaration in
            var family = MetricFamily(declaration.name, declaration.kind, declaration.help)
            for series in all[declaration.name] ?? [] {
                series.handler.addSamples(to: &family, series.labels)
            }
            return family
        }
    }

    // MARK: MetricsFactory

    /// A counter of the registry; one that counts into nothing for an undeclared label.
    package func makeCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any CounterHandler {
        handler(label, .counter, dimensions) { _ in PrometheusCounter() }
    }

    /// A gauge of the registry, or one that nobody reads.
    package func makeMeter(
        label: String,
        dimensions: [(String, String)]
    ) -> any MeterHandler {
        handler(label, .gauge, dimensions) { _ in PrometheusGauge() }
    }

    /// A histogram of the registry when it aggregates, else a gauge.
    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return handler(label, .gauge, dimensions) { _ in PrometheusGauge() }
        }
        return handler(label, .histogram, dimensions) { PrometheusHistogram($0) }
    }

    /// A histogram of the registry, in seconds.
    package func makeTimer(
        label: String,
        dimensions: [(String, String)]
    ) -> any TimerHandler {
        handler(label, .histogram, dimensions) { PrometheusHistogram($0) }
    }

    /// Does nothing: counts are kept until the process ends.
    package func destroyCounter(_ handler: any CounterHandler) {}

    /// Does nothing: the value is kept until the process ends.
    package func destroyMeter(_ handler: any MeterHandler) {}

    /// Does nothing: the values are kept until the process ends.
    package func destroyRecorder(_ handler: any RecorderHandler) {}

    /// Does nothing: the times are kept until the process ends.
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// The handler of the series, made when there is none.
    private func handler<Handler: SampleSource>(
        _ label: String,
        _ kind: MetricFamily.Kind,
        _ dimensions: [(String, String)],
        make: ([Double]) -> Handler
    ) -> Handler {
        let declaration = declarations.first { $0.name == label && $0.kind == kind }
        guard let declaration else { return make([]) }
        let labels = dimensions.map { (name: $0.0, value: $0.1) }
        return series.withLock { series in
            let known = series[label] ?? []
            let found = known.first { $0.labels.elementsEqual(labels, by: ==) }?.handler as? Handler
            if let found { return found }
            let made = make(declaration.buckets)
            guard known.count < Self.maximumSeries else { return made }
            series[label, default: []].append(Series(labels: labels, handler: made))
            return made
        }
    }
}
