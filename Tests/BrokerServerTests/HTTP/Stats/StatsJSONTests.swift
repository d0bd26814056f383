import Broker
import BrokerServer
import NIOCore
import ServerSupport
import Testing

@Suite("Stats as JSON")
struct StatsJSONTests {
    private func document(_ report: StatsReport) -> String {
        String(buffer: StatsJSON.document(report, version: "1.3.0"))
    }

    @Test
    func keepsTheOriginalsKeyOrder() {
        let client =
            #"{"client_id":"cid","hostname":"hn","version":"V2","remote_address":"#
            + #""127.0.0.1:44390","state":3,"ready_count":1,"in_flight_count":1,"message_count":3,"#
            + #""finish_count":2,"requeue_count":0,"connect_ts":1795233976,"sample_rate":0,"#
            + #""deflate":false,"snappy":false,"user_agent":"ua/1.0","topology_zone":"","#
            + #""topology_region":"","tls":false,"tls_cipher_suite":"","tls_version":"","#
            + #""tls_negotiated_protocol":"","tls_negotiated_protocol_is_mutual":false}"#
        let channel =
            #"{"channel_name":"c","depth":4,"backend_depth":0,"in_flight_count":1,"#
            + #""deferred_count":0,"message_count":3,"requeue_count":0,"timeout_count":0,"#
            + #""client_count":1,"clients":[\#(client)],"paused":true,"#
            + #""e2e_processing_latency":{"count":0,"percentiles":null}}"#
        let expected =
            #"{"version":"1.3.0","health":"OK","start_time":1795233976,"topics":[{"#
            + #""topic_name":"s.t","channels":[\#(channel)],"depth":0,"backend_depth":0,"#
            + #""message_count":3,"message_bytes":9,"paused":false,"#
            + #""e2e_processing_latency":{"count":0,"percentiles":null}}],"producers":["#

        #expect(document(StatsFixture.report()).hasPrefix(expected))
    }

    @Test
    func listsEveryTopicOfAProducer() {
        let counts =
            #""pub_counts":[{"topic":"s.t","count":3},{"topic":"u","count":1}],"tls":false"#

        #expect(document(StatsFixture.report()).contains(counts))
    }

    @Test
    func absentListsAreNullAndEmptyOnesEmpty() {
        var report = StatsReport()
        let start = #"{"version":"1.3.0","health":"OK","start_time":0,"#
        #expect(document(report) == start + #""topics":null,"producers":null}"#)

        report.topics = []
        report.memory = MemoryStatistics()
        let text = document(report)
        #expect(text.hasPrefix(start + #""topics":[],"memory":{"heap_objects":0,"#))
        #expect(text.hasSuffix(#""gc_total_runs":0},"producers":null}"#))
    }

    @Test
    func clientsThatWereNotAskedForAreNullButCounted() {
        var report = StatsFixture.report()
        report.topics?[0].channels[0].clients = nil

        #expect(document(report).contains(#""client_count":1,"clients":null,"paused":true"#))
    }

    @Test
    func topologyCountsShowOnlyWhenTheyAreNotZero() {
        var report = StatsFixture.report()
        #expect(!document(report).contains("_msg_count"))

        report.topics?[0].channels[0].deliveries.add(2, .global)
        #expect(
            document(report).contains(
                #""message_count":3,"global_msg_count":2,"requeue_count":0"#
            )
        )
    }
}
