/// What the `--statsd-*` flags say.
///
/// Source: `nsqd` spec 5.2 and 8.
package struct StatsdSettings: Sendable {
    /// `--statsd-address`, host and port; empty for no statsd.
    package var address = ""
    /// `--statsd-interval`.
    package var interval = Duration.seconds(60)
    /// `--statsd-prefix`, where `%s` stands for the host.
    package var prefix = "nsq.%s"
    /// `--statsd-mem-stats`.
    package var includesMemory = true
    /// `--statsd-exclude-ephemeral`.
    package var excludesEphemeral = false
    /// `--statsd-udp-packet-size`, bytes; 0 and below for 4096.
    package var packetBytes = 508

    /// No statsd.
    package init() {}

    /// The prefix of every metric, for the address and HTTP port that the daemon tells others.
    func effectivePrefix(host: String, port: Int) -> String {
        guard !prefix.isEmpty else { return "" }
        let name = "\(host):\(port)".map { $0 == "." || $0 == ":" ? "_" : $0 }
        let text = prefix.replacing("%s", with: String(name))
        return text.hasSuffix(".") ? text : text + "."
    }
}
