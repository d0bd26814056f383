package import Logging
private import Synchronization

/// The level of a whole daemon's log, which may change while the daemon runs.
///
/// Isolation: any thread may read and change it; a change holds for the lines that follow.
package final class LogThreshold: Sendable {
    private let number: Atomic<Int>

    /// A log that begins at `level`.
    package init(_ level: NSQLogLevel) {
        number = Atomic(level.rawValue)
    }

    /// The least level that is written.
    package var level: NSQLogLevel {
        get { NSQLogLevel(rawValue: number.load(ordering: .relaxed)) ?? .info }
        set { number.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Changes the level to the one at which messages of `level` are printed.
    package func set(_ level: Logger.Level) {
        self.level = NSQLogLevel(level)
    }
}
