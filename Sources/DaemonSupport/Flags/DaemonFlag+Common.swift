extension DaemonFlag {
    /// The flags that every daemon has: version, log and config file.
    package static func common(program: String) -> [Self] {
        [
            .noted("version", .boolean, initially: .boolean(false), "print the version and exit")
                .shown(as: nil),
            .noted(
                "log-level",
                .word(allowed: NSQLogLevel.words, noun: "log level"),
                initially: .text(NSQLogLevel.info.word),
                "set log verbosity: debug, info, warn, error, or fatal"
            ),
            .noted("config", .text, initially: .text(""), "path of a TOML file with settings")
                .shown(as: nil),
            .noted(
                "log-format",
                .word(allowed: LogFormat.allCases.map(\.rawValue), noun: "log format"),
                initially: .text(LogFormat.text.rawValue),
                "text for NSQ's log lines, json for one JSON object a line"
            ),
            .noted(
                "log-prefix",
                .text,
                initially: .text("[\(program)] "),
                "what each log line begins with"
            ),
            .noted(
                "verbose",
                .boolean,
                initially: .boolean(false),
                "[deprecated] has no effect, use --log-level"
            ).shown(as: nil),
        ]
    }
}
