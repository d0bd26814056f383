/// All samples of one metric at one moment.
///
/// Names and labels follow the Prometheus data model; units are base units (seconds, bytes).
package struct MetricFamily: Sendable {
    /// What kind of number the samples are.
    package enum Kind: String, Sendable {
        /// It only rises, and starts at 0 with the process; its name ends in `_total`.
        case counter
        /// It rises and falls.
        case gauge
        /// Observations counted by size.
        case histogram
    }

    /// One number.
    package struct Sample: Sendable {
        /// What follows the family's name: `_bucket`, `_sum` and `_count` of a histogram, else nothing.
        package var suffix: String
        /// Names and values; a value may be any text.
        package var labels: [(name: String, value: String)]
        /// The number.
        package var value: Double
    }

    /// Letters, digits and `_`.
    package let name: String
    /// One sentence for people.
    package let help: String
    /// The kind.
    package let kind: Kind
    /// The samples so far.
    package private(set) var samples: [Sample] = []

    /// A family without samples.
    package init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// Adds a sample.
    package mutating func add(
        _ value: Double,
        _ labels: [(name: String, value: String)] = [],
        suffix: String = ""
    ) {
        samples.append(Sample(suffix: suffix, labels: labels, value: value))
    }
}
