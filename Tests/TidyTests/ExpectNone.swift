import Testing

/// Records each violation as an issue of its own, so that all are seen in one run.
func expectNone(
    _ violations: [Violation],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    for violation in violations {
        Issue.record("\(violation.description)", sourceLocation: sourceLocation)
    }
}
