import BrokerServer
import Testing

@Suite("Log level setting")
struct LogLevelSettingTests {
    @Test(arguments: [
        ("debug", LogLevelSetting.debug), ("INFO", .info), ("Warn", .warn), ("error", .error),
        ("FATAL", .fatal),
    ])
    func logLevelIsAWordInAnyCase(word: String, level: LogLevelSetting) {
        #expect(LogLevelSetting(word: word) == level)
    }

    @Test(arguments: ["", "warning", "info\n", "\"info\"", "2", "critical"])
    func otherLogLevelsAreRefused(word: String) {
        #expect(LogLevelSetting(word: word) == nil)
    }
}
