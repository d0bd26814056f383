import CoreMetrics
import PrometheusMetrics
import ServerSupport

/// What nsqlookupd counts while it runs, through swift-metrics.
///
/// Safe to use from any thread.
package final class LookupMetrics: Sendable {
    /// Where the counts are kept.
    let registry = PrometheusRegistry([
        .counter(
            "nsqlookupd_http_requests_total",
            "Requests answered over HTTP, by class of status."
        ),
        .counter("nsqlookupd_pings_total", "PINGs of producers."),
        .counter(
            "nsqlookupd_registrations_total",
            "Topics and channels that producers registered."
        ),
    ])

    /// PINGs.
    let pings: Counter
    /// Registrations that were new.
    let registrations: Counter
    private let answers: HTTPAnswerCounters

    /// Nothing was counted yet.
    package init() {
        pings = Counter(label: "nsqlookupd_pings_total", factory: registry)
        registrations = Counter(label: "nsqlookupd_registrations_total", factory: registry)
        answers = HTTPAnswerCounters("nsqlookupd_http_requests_total", in: registry)
    }

    /// Counts an answer over HTTP.
    func answered(status: Int) { answers.count(status: status) }
}
