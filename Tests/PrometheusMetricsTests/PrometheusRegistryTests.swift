import CoreMetrics
import PrometheusMetrics
import Testing

@Suite("Metrics as Prometheus reads them")
struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry([
        .counter("requests_total", "Requests."),
        .gauge("clients", "Clients."),
        .histogram("wait_seconds", buckets: [0.001, 0.1], "Waits."),
    ])

    private var text: String { MetricText.text(of: registry.families()) }

    @Test func countersAreShownByLabels() {
        Counter(label: "requests_total", dimensions: [("code", "200")], factory: registry)
            .increment(by: 3)
        Counter(label: "requests_total", dimensions: [("code", "500")], factory: registry)
            .increment()
        Counter(label: "requests_total", dimensions: [("code", "200")], factory: registry)
            .increment()
        #expect(
            text == """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{code="200"} 4
                requests_total{code="500"} 1

                """
        )
    }

    @Test func gaugesKeepTheLatestValue() {
        let gauge = Meter(label: "clients", factory: registry)
        gauge.set(5)
        gauge.decrement(by: 1.5)
        #expect(text.hasSuffix("clients 3.5\n"))
    }

    @Test func histogramsCountUpToEachBound() {
        let timer = Timer(label: "wait_seconds", factory: registry)
        for nanoseconds in [1_000_000, 2_000_000, 500_000_000] as [Int64] {
            timer.recordNanoseconds(nanoseconds)
        }
        let lines = text.split(separator: "\n").dropFirst(2)
        #expect(
            Array(lines) == [
                #"wait_seconds_bucket{le="0.001"} 1"#, #"wait_seconds_bucket{le="0.1"} 2"#,
                #"wait_seconds_bucket{le="+Inf"} 3"#, "wait_seconds_sum 0.503",
                "wait_seconds_count 3",
            ]
        )
    }

    @Test func whatIsNotDeclaredIsNotKept() {
        Counter(label: "clients", factory: registry).increment()
        Counter(label: "other_total", factory: registry).increment()
        #expect(text.isEmpty)
    }

    @Test func labelsCanNotEndTheirLine() {
        let evil = "a\"} 1\nforged_total 99\\"
        Counter(label: "requests_total", dimensions: [("code", evil)], factory: registry)
            .increment()
        #expect(text.hasSuffix(#"requests_total{code="a\"} 1\nforged_total 99\\"} 1"# + "\n"))
        #expect(!text.contains("\nforged"))
    }

    @Test func seriesAreBounded() {
        for number in 0..<1500 {
            Counter(label: "requests_total", dimensions: [("code", "\(number)")], factory: registry)
                .increment()
        }
        #expect(text.split(separator: "\n").count == 1002)
    }
}
