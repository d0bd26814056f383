/// Where time comes from; injected, so that a test can move it.
package protocol TimeSource: Sendable {
    /// Nanoseconds of a clock that never goes back; only differences mean anything.
    var monotonicNanoseconds: Int64 { get }

    /// Nanoseconds since the Unix epoch by the wall clock, which may jump either way.
    var wallNanoseconds: Int64 { get }
}
