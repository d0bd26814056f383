import BrokerServer
import ServerSupport
import Testing

@Suite("Stats as text")
struct StatsTextTests {
    private func lines(_ report: StatsReport) -> [String] {
        StatsText.page(report, version: "v1.3.0 (built w/swift)").split(
            separator: "\n",
            omittingEmptySubsequences: false
        ).map(String.init)
    }

    @Test
    func padsEveryColumnAsTheOriginalDoes() {
        let lines = lines(StatsFixture.report())

        #expect(lines[0].hasPrefix("nsqd v1.3.0 (built w/"))
        #expect(lines[1].hasPrefix("start_time 2026-11-2"))
        #expect(
            Array(lines[2...]) == [
                "uptime 4.605452455s",
                "",
                "Health: OK",
                "",
                "Topics:",
                "   [s.t            ] depth: 0     be-depth: 0     msgs: 3        e2e%: ",
                "   *P [c                        ] depth: 4     be-depth: 0     inflt: 1    "
                    + "def: 0    re-q: 0     timeout: 0     msgs: 3        e2e%: ",
                "        [V2 hn:44390 ua/1.0      ] state: 3 inflt: 1    rdy: 1    "
                    + "fin: 2        re-q: 0        msgs: 3        connected: 5s",
                "",
                "Producers:",
                "   [V2 hn:44374 ua/1.0      ] msgs: 4        topics: s.t=3,u=1 connected: 5s",
                "",
            ]
        )
    }

    @Test
    func saysWhenThereIsNothing() {
        var report = StatsReport()
        report.topics = []

        #expect(lines(report).suffix(5) == ["", "Topics: None", "", "Producers: None", ""])
    }

    @Test
    func writesMemoryWithATabBeforeTheValue() {
        var report = StatsReport()
        var memory = MemoryStatistics()
        memory.heapInUseBytes = 3_096_576
        report.memory = memory

        let lines = lines(report)

        #expect(lines.contains("Memory:"))
        #expect(lines.contains("   heap_in_use_bytes        \t3096576"))
        #expect(lines.contains("   gc_total_runs            \t0"))
    }

    @Test
    func clientTextCanNotForgeALine() {
        var report = StatsFixture.report()
        report.producers?[0].hostname = "h\nTopics: None\u{2028}\u{1b}[31m"

        let line = lines(report).last { $0.contains("topics: s.t=3") }

        #expect(line?.hasPrefix("   [V2 h?Topics: None??[31m:44374 ua/1.0] msgs:") == true)
    }
}
