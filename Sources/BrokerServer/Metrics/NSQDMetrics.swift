import Broker
import CoreMetrics
import DiskQueue
import PrometheusMetrics
import ServerSupport

/// What nsqd counts and measures while it runs, through swift-metrics.
///
/// What the broker knows anyway is not counted twice: ``MetricsPage`` asks for it when a page is made. Safe to
/// use from any thread.
package final class NSQDMetrics: Sendable {
    /// Where the counts are kept.
    let registry = PrometheusRegistry([
        .histogram(
            "nsqd_store_sync_seconds",
            buckets: [
                0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                2.5, 10,
            ],
            "Time of a round of syncs over the topics with new messages."
        ),
        .counter("nsqd_store_faults_total", "What went wrong in the store, by kind."),
        .counter("nsqd_http_requests_total", "Requests answered over HTTP, by class of status."),
        .histogram(
            "nsqd_auth_query_seconds",
            buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            "Time of a question to the auth servers, by outcome."
        ),
    ])

    private let syncs: Timer
    private let answers: HTTPAnswerCounters
    private let faults: [Fault: Counter]
    private let authGranted: Timer
    private let authFailed: Timer

    /// Nothing was counted yet.
    package init() {
        let registry = registry
        syncs = Timer(label: "nsqd_store_sync_seconds", factory: registry)
        answers = HTTPAnswerCounters("nsqd_http_requests_total", in: registry)
        // All at 0 from the start: an alert on an increase needs something to increase from.
        faults = Dictionary(
            uniqueKeysWithValues: Fault.allCases.map { fault in
                let dimensions = [("kind", fault.rawValue)]
                let counter = Counter(
                    label: "nsqd_store_faults_total",
                    dimensions: dimensions,
                    factory: registry
                )
                return (fault, counter)
            }
        )
        func query(_ outcome: String) -> Timer {
            Timer(
                label: "nsqd_auth_query_seconds",
                dimensions: [("outcome", outcome)],
                factory: registry
            )
        }
        authGranted = query("granted")
        authFailed = query("failed")
    }

    /// Counts what an event says.
    func note(_ event: BrokerEvent) {
        switch event {
        case .store(.synchronized(let nanoseconds)): syncs.recordNanoseconds(nanoseconds)
        case .store(let event): if let fault = event.fault { faults[fault]?.increment() }
        case .readFailed: faults[.read]?.increment()
        case .topicCreated, .topicDeleting, .topicClosing, .channelCreated, .channelDeleting,
            .persisting, .tookOver, .skipped, .failed:
            break
        }
    }

    /// Counts an answer over HTTP.
    func answered(status: Int) { answers.count(status: status) }

    /// Measures a question to the auth servers.
    func asked(nanoseconds: Int64, isGranted: Bool) {
        (isGranted ? authGranted : authFailed).recordNanoseconds(nanoseconds)
    }
}

/// What can go wrong in the store, by the label of its count.
private enum Fault: String, CaseIterable {
    case damaged, sync, poisoned, ledger, metadata, removal, read
}

extension StoreEvent {
    /// What went wrong; `nil` when nothing did.
    fileprivate var fault: Fault? {
        switch self {
        case .log(_, .quarantined): .damaged
        case .log(_, .movedForward): .sync
        case .log(_, .poisoned): .poisoned
        case .ledgerFailed: .ledger
        case .metadataFailed: .metadata
        case .removalFailed: .removal
        case .log(_, .dirtied), .log(_, .opened), .log(_, .sealed), .log(_, .removed), .recovered,
            .synchronized:
            nil
        }
    }
}
