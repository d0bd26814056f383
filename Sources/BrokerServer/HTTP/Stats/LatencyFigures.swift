import Broker

/// End-to-end latency percentiles as `/stats` and statsd show them.
///
/// Source: `nsqd` spec 4.5, 8 and 10.
package struct LatencyFigures: Sendable {
    /// Samples in the window.
    package var count: UInt64
    /// Fractions in the configured order, each with its latency in nanoseconds.
    package var percentiles: [(quantile: Double, nanoseconds: UInt64)]

    /// Takes the configured `quantiles` of `distribution`; `nil` when there is none, or none are configured.
    init?(_ distribution: LatencyDistribution?, quantiles: [Double]) {
        guard let distribution, !quantiles.isEmpty else { return nil }
        count = distribution.count
        percentiles = quantiles.map { ($0, distribution.value(atQuantile: $0)) }
    }

    /// The latencies as the text form of `/stats` lists them.
    var text: String {
        percentiles.map { Self.text(nanoseconds: $0.nanoseconds) }.joined(separator: ", ")
    }

    /// One decimal and the largest unit that leaves a whole number before it.
    private static func text(nanoseconds: UInt64) -> String {
        let units: [(word: String, size: UInt64)] = [
            ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
        ]
        let unit = units.first { nanoseconds >= $0.size } ?? ("ns", 1)
        let tenths = (nanoseconds * 10 + unit.size / 2) / unit.size
        return "\(tenths / 10).\(tenths % 10)\(unit.word)"
    }
}
