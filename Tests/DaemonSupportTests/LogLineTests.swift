import DaemonSupport
import Logging
import Synchronization
import Testing

/// Goal: log lines have the form of the original, and a peer's text cannot forge one.
@Suite struct LogLineTests {
    private static let moment = LogTimestamp(
        year: 2026,
        month: 3,
        day: 9,
        hour: 7,
        minute: 5,
        second: 1,
        microsecond: 42
    )

    /// A logger over a handler at `level`, and the lines that it writes.
    private final class Recording: Sendable {
        private let store = Mutex<[String]>([])

        var lines: [String] { store.withLock { $0 } }

        func logger(_ level: NSQLogLevel, prefix: String = "[nsqd] ") -> Logger {
            logger(LogThreshold(level), prefix: prefix)
        }

        func logger(_ level: LogThreshold, prefix: String) -> Logger {
            Logger(label: "test") { _ in
                NSQLineLogHandler(
                    prefix: prefix,
                    level: level,
                    now: { LogLineTests.moment },
                    sink: { line in self.store.withLock { $0.append(line) } }
                )
            }
        }
    }

    @Test func lineHasPrefixTimeLevelAndText() {
        let recording = Recording()
        recording.logger(.info).info("TCP: listening on 127.0.0.1:4150")
        #expect(
            recording.lines == [
                "[nsqd] 2026/03/09 07:05:01.000042 INFO: TCP: listening on 127.0.0.1:4150\n"
            ]
        )
    }

    @Test func everyLevelHasTheWordOfTheOriginal() {
        let recording = Recording()
        let logger = recording.logger(.debug, prefix: "")
        logger.debug("a")
        logger.info("b")
        logger.notice("c")
        logger.warning("d")
        logger.error("e")
        logger.critical("f")
        let words = recording.lines.map {
            $0.split(separator: " ").dropFirst(2).joined(separator: " ")
        }
        #expect(
            words == [
                "DEBUG: a\n", "INFO: b\n", "INFO: c\n", "WARNING: d\n", "ERROR: e\n", "FATAL: f\n",
            ]
        )
    }

    @Test(arguments: [
        (NSQLogLevel.debug, 5), (.info, 4), (.warn, 3), (.error, 2), (.fatal, 1),
    ])
    func linesBelowTheLevelAreLeftOut(_ level: NSQLogLevel, _ count: Int) {
        let recording = Recording()
        let logger = recording.logger(level)
        for each in [Logger.Level.debug, .info, .warning, .error, .critical] {
            logger.log(level: each, "x")
        }
        #expect(recording.lines.count == count)
    }

    @Test func levelOfTheDaemonMayChangeWhileItRuns() {
        let recording = Recording()
        let threshold = LogThreshold(.fatal)
        let logger = recording.logger(threshold, prefix: "")
        var quiet = logger
        quiet.logLevel = .error
        logger.info("a")
        threshold.set(.debug)
        logger.debug("b")
        quiet.info("c")
        #expect(recording.lines.count == 1)
        #expect(recording.lines.first?.hasSuffix("DEBUG: b\n") == true)
    }

    @Test func textOfAPeerCannotForgeALine() {
        let recording = Recording()
        recording.logger(.info, prefix: "").info(
            "agent a\n2026/01/01 ERROR: b\r\u{1b}[2J\u{0}\u{85}\u{2028}\u{202e}\t\u{7f}é"
        )
        let expected =
            #"agent a\n2026/01/01 ERROR: b\r\x1b[2J\x00\u0085\u2028\u202e\t\x7fé"# + "\n"
        #expect(recording.lines.first?.hasSuffix("INFO: " + expected) == true)
        #expect(recording.lines.first?.unicodeScalars.count { $0 == "\n" } == 1)
    }

    @Test func fieldsFollowSortedAndQuotedWhereNeeded() {
        let recording = Recording()
        var logger = recording.logger(.info, prefix: "")
        logger[metadataKey: "topic"] = "t"
        logger.info("m", metadata: ["channel": "a b", "empty": "", "x": "k=v", "line": "1\n2"])
        let expected = #"INFO: m channel="a b" empty="" line="1\n2" topic=t x="k=v""# + "\n"
        #expect(recording.lines.first?.hasSuffix(expected) == true)
    }

    @Test func levelsHaveTheNumbersAndWordsOfTheOriginal() {
        #expect(NSQLogLevel.words == ["debug", "info", "warn", "error", "fatal"])
        #expect(NSQLogLevel.allCases.map(\.rawValue) == [1, 2, 3, 4, 5])
        #expect(NSQLogLevel(word: "WaRn") == .warn)
        #expect(NSQLogLevel(word: "warning") == nil)
    }

    @Test func presentMomentHasTheFixedForm() {
        let form = /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6}/
        #expect(LogTimestamp.now().text.wholeMatch(of: form) != nil)
    }
}
