import BrokerServer
import DaemonSupport

extension NSQDFlags {
    /// The flags for statsd and latencies.
    static let figures: [NSQDFlag] = [
        quantiles,
        .duration(
            "e2e-processing-latency-window-time",
            \.latencyWindow,
            legal: 1...NSQDFlag.longestDuration,
            "time that end to end latency percentiles are computed over"
        ),
        .text("statsd-address", \.statsd.address, "<addr>:<port> of a statsd server to push to"),
        .duration(
            "statsd-interval",
            \.statsd.interval,
            legal: 1_000_000...NSQDFlag.longestDuration,
            "time between pushes to statsd"
        ),
        .truth("statsd-mem-stats", \.statsd.includesMemory, "send memory figures to statsd"),
        .truth(
            "statsd-exclude-ephemeral",
            \.statsd.excludesEphemeral,
            "leave ephemeral topics and channels out of statsd"
        ),
        .text(
            "statsd-prefix",
            \.statsd.prefix,
            "what each statsd key begins with (%s is replaced by the host)"
        ),
        .number("statsd-udp-packet-size", \.statsd.packetBytes, "bytes of a statsd packet"),
    ]

    private static let quantiles = NSQDFlag(
        FlagDefinition(
            "e2e-processing-latency-percentile",
            .fractions,
            initially: .fractions([]),
            usage:
                "fractions (above 0, 1 at most, separated by commas) of messages to tell the end to\n"
                + "end latency of"
        )
    ) { value, configuration in
        if case .fractions(let quantiles) = value { configuration.latencyQuantiles = quantiles }
    }.shown(as: "e2e_processing_latency_percentiles")
}
