package import Logging

/// A value of the option `log_level`, with the original's words and numbers.
///
/// Source: `nsqd` spec 4.6, 5.5.
package enum LogLevelSetting: String, Sendable, CaseIterable {
    case debug
    case info
    case warn
    case error
    case fatal

    /// The level that `word` names, in any case; `nil` for any other text.
    package init?(word: String) {
        self.init(rawValue: word.lowercased())
    }

    /// What GET `/config/log_level` shows, 1 to 5.
    package var number: Int64 {
        switch self {
        case .debug: 1
        case .info: 2
        case .warn: 3
        case .error: 4
        case .fatal: 5
        }
    }

    /// The least level that is still written.
    package var loggerLevel: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        case .fatal: .critical
        }
    }
}
