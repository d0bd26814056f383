package import Logging

/// Writes the daemon's log lines to standard error, each with one `write(2)`.
///
/// Isolation: callable from any thread; lines of one `write` do not mix on a pipe up to `PIPE_BUF`
/// bytes, nor on a file opened for appending. A reader that stalls stalls whoever logs, as with the
/// original.
package struct NSQLineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]

    /// The level of this logger alone once it was set, else that of the whole daemon.
    package var logLevel: Logger.Level {
        get { ownLevel ?? daemonLevel.level.threshold }
        set { ownLevel = newValue }
    }

    private var ownLevel: Logger.Level?
    private let daemonLevel: LogThreshold
    private let format: LogFormat
    private let prefix: String
    private let now: @Sendable () -> LogTimestamp
    private let sink: @Sendable (String) -> Void

    /// Prepares lines with `prefix` from `level` upwards; a test replaces the clock and the sink.
    package init(
        prefix: String,
        format: LogFormat = .text,
        level: LogThreshold,
        now: @escaping @Sendable () -> LogTimestamp = LogTimestamp.now,
        sink: @escaping @Sendable (String) -> Void = StandardStream.error.write
    ) {
        self.format = format
        self.prefix = prefix
        self.now = now
        self.sink = sink
        daemonLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        if let error = event.error { fields["error"] = "\(error)" }
        let line = format.line(
            prefix: prefix,
            at: now(),
            level: NSQLogLevel(event.level),
            message: event.message.description,
            fields: fields
        )
        sink(line)
    }
}
