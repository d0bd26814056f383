/// A handler whose numbers can be shown.
protocol SampleSource: AnyObject, Sendable {
    /// Adds the present numbers under `labels`.
    func addSamples(to family: inout MetricFamily, _ labels: [(name: String, value: String)])
}
