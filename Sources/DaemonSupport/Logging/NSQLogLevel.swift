package import Logging

/// The five levels of NSQ's log, with the numbers that `GET /config/log_level` shows.
package enum NSQLogLevel: Int, Sendable, CaseIterable {
    /// Everything.
    case debug = 1
    /// The default.
    case info = 2
    /// Printed as `WARNING`, though the setting's word is `warn`.
    case warn = 3
    /// Something failed, and the daemon goes on.
    case error = 4
    /// The daemon ends.
    case fatal = 5

    /// The words of `--log-level`, lower-case.
    package static var words: [String] { allCases.map(\.word) }

    /// The level that `word` names in any case; `nil` for any other word.
    package init?(word: String) {
        let lowered = word.lowercased()
        guard let level = Self.allCases.first(where: { $0.word == lowered }) else { return nil }
        self = level
    }

    /// The level at which a message of swift-log's `level` is printed.
    package init(_ level: Logger.Level) {
        switch level {
        case .trace, .debug: self = .debug
        case .info, .notice: self = .info
        case .warning: self = .warn
        case .error: self = .error
        case .critical: self = .fatal
        }
    }

    /// The word of `--log-level`.
    package var word: String { "\(self)" }

    /// The word in a log line.
    package var label: String {
        switch self {
        case .debug: "DEBUG"
        case .info: "INFO"
        case .warn: "WARNING"
        case .error: "ERROR"
        case .fatal: "FATAL"
        }
    }

    /// The least level of swift-log that is written when this one is configured.
    package var threshold: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        case .fatal: .critical
        }
    }
}
