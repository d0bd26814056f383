import NSQCore

/// Every setting of a running nsqd, after flags, config file and defaults were merged and
/// validated.
///
/// Source: `nsqd` spec 5.2. Names differ from the flags where the flag's word is not the field's
/// term.
package struct NSQDConfiguration: Sendable {
    /// `--drain-timeout`: how long a stop waits for what is in flight; 0 for not at all.
    package var drainTimeout = Duration.zero
    /// `--tcp-address`.
    package var tcpAddress = "0.0.0.0:4150"
    /// `--http-address`; empty for no HTTP.
    package var httpAddress = "0.0.0.0:4151"
    /// `--broadcast-address`.
    package var broadcastAddress = ""
    /// This machine's host name, shown in `/info`.
    package var hostname = ""
    /// `--broadcast-tcp-port`; 0 for the port listened on.
    package var broadcastTCPPort = 0
    /// `--broadcast-http-port`; 0 for the port listened on.
    package var broadcastHTTPPort = 0
    /// `--data-path`; never empty here.
    package var dataPath = "."
    /// `--rebuild-metadata`: whether the metadata is set aside and made anew from segments and ledgers.
    package var rebuildsMetadata = false
    /// `--node-id`, 0 to 1023.
    package var nodeID = 0
    /// `--mem-queue-size`: the cap, in messages, of ephemeral queues, and where `backend_depth`
    /// begins.
    package var memoryQueueSize = 10_000
    /// `--max-bytes-per-file`: a segment rolls before it would exceed this many bytes.
    package var maximumSegmentBytes = 33_554_432
    /// `--fsync`: when a publish is answered OK.
    package var fsync = FsyncChoice.interval
    /// `--sync-every`: messages after which a background fdatasync is asked for.
    package var syncEvery = 2500
    /// `--sync-timeout`.
    package var syncTimeout = Duration.seconds(2)
    /// `--msg-timeout`.
    package var messageTimeout = Duration.seconds(60)
    /// `--max-msg-timeout`.
    package var maximumMessageTimeout = Duration.seconds(900)
    /// `--max-msg-size`, bytes.
    package var maximumMessageBytes = 1_048_576
    /// `--max-body-size`, bytes.
    package var maximumBodyBytes = 5_242_880
    /// `--max-req-timeout`.
    package var maximumRequeueTimeout = Duration.seconds(3600)
    /// `--max-rdy-count`.
    package var maximumReadyCount = 2500
    /// `--max-heartbeat-interval`.
    package var maximumHeartbeatInterval = Duration.seconds(60)
    /// `--max-output-buffer-size`, bytes.
    package var maximumOutputBufferBytes = 65_536
    /// `--max-output-buffer-timeout`.
    package var maximumOutputBufferTimeout = Duration.seconds(30)
    /// `--min-output-buffer-timeout`.
    package var minimumOutputBufferTimeout = Duration.milliseconds(25)
    /// `--output-buffer-timeout`.
    package var outputBufferTimeout = Duration.milliseconds(250)
    /// `--max-channel-consumers`; 0 for no limit.
    package var maximumChannelConsumers = 0
    /// `--deflate`: whether clients may have their stream compressed so.
    package var offersDeflate = true
    /// `--snappy`: whether clients may have their stream compressed so.
    package var offersSnappy = true
    /// `--max-deflate-level`, 1 to 9; answered in IDENTIFY.
    package var maximumDeflateLevel = 6
    /// `--https-address`; empty for no HTTPS, and unused without a certificate.
    package var httpsAddress = "0.0.0.0:4152"
    /// `--e2e-processing-latency-percentile`: fractions above 0, 1 at most; empty for none.
    package var latencyQuantiles: [Double] = []
    /// `--e2e-processing-latency-window-time`.
    package var latencyWindow = Duration.seconds(600)
    /// The `--statsd-*` flags.
    package var statsd = StatsdSettings()
    /// The `--auth-*` and `--http-client-*` flags.
    package var auth = AuthSettings()
    /// The `--tls-*` flags.
    package var tls = TLSSettings()
    /// `--lookupd-tcp-address`, each `host:port`.
    package var lookupdAddresses: [String] = []
    /// `--topology-region`.
    package var topologyRegion = ""
    /// `--topology-zone`.
    package var topologyZone = ""
    /// `--enable-experiment`; names that mean nothing are kept.
    package var experiments: [String] = []
    /// What `GET /config/<key>` shows, by config-file key.
    package var options: [String: OptionValue] = [:]

    /// The defaults of the original.
    package init() {}

    /// Whether consumers of this node's zone and region are served first.
    var isTopologyAware: Bool { experiments.contains("topology-aware-consumption") }

    /// How this node introduces itself to nsqlookupd, once the ports are bound; -1 for a unix socket.
    func identity(tcpPort: Int, httpPort: Int) -> ProducerIdentity {
        var identity = ProducerIdentity()
        identity.broadcastAddress = broadcastAddress
        identity.tcpPort = Int64(broadcastTCPPort != 0 ? broadcastTCPPort : tcpPort)
        identity.httpPort = Int64(broadcastHTTPPort != 0 ? broadcastHTTPPort : httpPort)
        identity.version = ServerVersion.text
        identity.hostname = hostname
        identity.topologyZone = topologyZone
        identity.topologyRegion = topologyRegion
        return identity
    }

    /// What each statsd metric begins with, once the HTTP port is bound.
    func statsdPrefix(httpPort: Int) -> String {
        statsd.effectivePrefix(
            host: broadcastAddress,
            port: broadcastHTTPPort != 0 ? broadcastHTTPPort : max(0, httpPort)
        )
    }

    /// The options once the ports are bound: a broadcast port of 0 becomes the port listened on.
    ///
    /// A bound port of 0 or less means a unix socket, or no HTTP, and leaves the option at 0.
    package func options(tcpPort: Int, httpPort: Int) -> [String: OptionValue] {
        var effective = options
        for (key, port) in [("broadcast_tcp_port", tcpPort), ("broadcast_http_port", httpPort)]
        where effective[key] == .number(0) && port > 0 {
            effective[key] = .number(Int64(port))
        }
        effective["auth_http_addresses"] = .list(auth.addresses.map(AuthServer.shown))
        effective["statsd_prefix"] = .text(statsdPrefix(httpPort: httpPort))
        return effective
    }
}

/// The values of `--fsync`: when a publish is answered OK, and what it then survives.
package enum FsyncChoice: String, Sendable, CaseIterable {
    /// Written before OK, synced in the background: survives the death of the process.
    case interval
    /// Synced before OK: survives power loss.
    case always
    /// Written before OK, never synced by us: survives the death of the process.
    case never
}

/// One effective option as `GET /config/<key>` shows it.
///
/// Source: `nsqd` spec 4.6.
package enum OptionValue: Sendable, Equatable {
    /// Shown raw, as `text/plain`.
    case text(String)
    /// Shown as a JSON number; durations in nanoseconds.
    case number(Int64)
    /// Shown as `true` or `false`.
    case boolean(Bool)
    /// Shown as a JSON array of strings.
    case list([String])
    /// Shown as a JSON array of numbers.
    case numbers([Double])
}
