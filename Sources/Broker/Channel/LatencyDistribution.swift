import Histogram

/// Latencies in nanoseconds, to two digits.
package struct LatencyDistribution: Sendable {
    /// Nothing is told apart below a microsecond.
    private static let smallest: UInt64 = 1_000
    /// A hundred days; what took longer counts as that.
    private static let largest: UInt64 = 8_640_000_000_000_000

    /// Made with the first sample: idle channels are ordinary.
    private var histogram: Histogram<UInt32>?

    /// Of nothing.
    init() {}

    /// Samples.
    package var count: UInt64 { histogram?.totalCount ?? 0 }

    /// The latency that a fraction `quantile` of the samples did not exceed; 0 without samples.
    package func value(atQuantile quantile: Double) -> UInt64 {
        histogram?.valueAtPercentile(quantile * 100) ?? 0
    }

    mutating func record(_ nanoseconds: UInt64) {
        var histogram = self.histogram.take() ?? Self.empty()
        histogram.record(min(nanoseconds, Self.largest))
        self.histogram = histogram
    }

    mutating func add(_ other: Self) {
        guard let theirs = other.histogram else { return }
        var histogram = self.histogram.take() ?? Self.empty()
        histogram.add(theirs)
        self.histogram = histogram
    }

    private static func empty() -> Histogram<UInt32> {
        Histogram(
            lowestDiscernibleValue: smallest,
            highestTrackableValue: largest,
            numberOfSignificantValueDigits: .two
        )
    }
}
