import ArgumentParser

/// The forms in which a report is written.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    /// Aligned columns, for people.
    case table
    /// One JSON array of objects.
    case json
    /// A JSON object a line.
    case ndjson
    /// Comma-separated values with a line of names, RFC 4180.
    case csv
}

/// How a report is to look.
struct OutputOptions: ParsableArguments {
    /// The form.
    @Option(name: .shortAndLong, help: "table (for people), json, ndjson or csv.")
    var output = OutputFormat.table

    /// Whether to colour.
    @Flag(
        inversion: .prefixedNo,
        help: "Colour tables (default: on a terminal, unless NO_COLOR is set)."
    )
    var color: Bool?
}
