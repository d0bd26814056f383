import BrokerServer
import DaemonSupport

/// The flags that nsqd takes.
///
/// Source: `nsqd` spec 5.2.
enum NSQDFlags {
    /// All flags, with the defaults of a machine called `hostName`.
    static func all(hostName: String) -> [NSQDFlag] {
        let groups = [
            ("Process and log", process),
            ("Addresses and place", addresses(hostName: hostName)),
            ("Store", store),
            ("Messages", messages),
            ("Clients", clients),
            ("TLS", tls),
            ("Authorization", auth),
            ("Statsd and latencies", figures),
        ]
        return groups.flatMap { title, flags in flags.map { $0.under(title) } }
    }

    private static let process: [NSQDFlag] =
        DaemonFlag.common(program: "nsqd") + [
            .duration(
                "drain-timeout",
                \.drainTimeout,
                "time that a stop gives consumers to finish what they have (default 0, i.e., none)"
            ),
            .noted("worker-id", .boolean, initially: .boolean(false), "[deprecated] use --node-id")
                .shown(as: nil),
        ]

    private static func addresses(hostName: String) -> [NSQDFlag] {
        [
            .text(
                "tcp-address",
                \.tcpAddress,
                "<addr>:<port> to listen on for TCP clients, or the path of a unix socket"
            ),
            .text(
                "http-address",
                \.httpAddress,
                "<addr>:<port> to listen on for HTTP clients, or the path of a unix socket;\n"
                    + "empty for no HTTP"
            ),
            .text(
                "https-address",
                \.httpsAddress,
                "<addr>:<port> to listen on for HTTPS clients; unused without a certificate"
            ),
            .text(
                "broadcast-address",
                \.broadcastAddress,
                initially: hostName,
                "address that consumers are told to connect to (defaults to the OS hostname)"
            ),
            .number(
                "broadcast-tcp-port",
                \.broadcastTCPPort,
                "TCP port that consumers are told to connect to (defaults to the port listened on)"
            ),
            .number(
                "broadcast-http-port",
                \.broadcastHTTPPort,
                "HTTP port that consumers are told of (defaults to the port listened on)"
            ),
            .number(
                "node-id",
                \.nodeID,
                initially: DefaultNodeID.number(forHost: hostName),
                "unique part for message IDs, in range [0,1024) (default is hash of hostname)"
            ).shown(as: "id"),
            .list(
                "lookupd-tcp-address",
                \.lookupdAddresses,
                "<addr>:<port> of an nsqlookupd to register at (may be given many times)"
            ).shown(as: "nsqlookupd_tcp_addresses"),
            .text("topology-region", \.topologyRegion, "region this nsqd is in"),
            .text("topology-zone", \.topologyZone, "zone within the region this nsqd is in"),
            .list(
                "enable-experiment",
                \.experiments,
                "an experimental feature to use (repeatable): topology-aware-consumption"
            ),
        ]
    }

    private static let store: [NSQDFlag] = [
        .text(
            "data-path",
            \.dataPath,
            initially: "",
            "existing directory for messages and metadata (default is the current directory)"
        ),
        .truth(
            "rebuild-metadata",
            \.rebuildsMetadata,
            "set nsqd.sqlite aside and make it anew from segments and ledgers"
        ),
        .fsync(
            "when a publish is answered OK: interval and never, once the operating system has it;\n"
                + "always, once the disk has it"
        ),
        .number(
            "mem-queue-size",
            \.memoryQueueSize,
            legal: 0...Int64.max,
            "messages that an ephemeral topic or channel keeps; others keep all of theirs on disk"
        ),
        .number(
            "max-bytes-per-file",
            \.maximumSegmentBytes,
            legal: 1...Int64.max,
            "bytes of a segment file before the next one is begun"
        ),
        .number(
            "sync-every",
            \.syncEvery,
            legal: 0...Int64.max,
            "messages after which the disk is synced in the background"
        ),
        .duration(
            "sync-timeout",
            \.syncTimeout,
            legal: 1...NSQDFlag.longestDuration,
            "longest time before the disk is synced in the background"
        ),
        .noted(
            "queue-scan-selection-count",
            .integer,
            initially: .integer(20),
            legal: 1...Int64.max,
            "no effect: timeouts are kept by their deadline, nothing is scanned"
        ),
        .noted(
            "queue-scan-worker-pool-max",
            .integer,
            initially: .integer(4),
            legal: 1...Int64.max,
            "no effect: timeouts are kept by their deadline, nothing is scanned"
        ),
    ]

    private static let messages: [NSQDFlag] = [
        .duration("msg-timeout", \.messageTimeout, "time before an unfinished message is requeued"),
        .duration(
            "max-msg-timeout",
            \.maximumMessageTimeout,
            "longest time a client may keep a message unfinished"
        ),
        .number(
            "max-msg-size",
            \.maximumMessageBytes,
            legal: 0...largestMessage,
            "largest message in bytes"
        ),
        .duration("max-req-timeout", \.maximumRequeueTimeout, "longest time to defer a message by"),
        .number(
            "max-body-size",
            \.maximumBodyBytes,
            legal: 0...Int64(Int32.max),
            "largest body of one command in bytes"
        ),
    ]

    private static let clients: [NSQDFlag] = [
        .duration(
            "max-heartbeat-interval",
            \.maximumHeartbeatInterval,
            "longest time between heartbeats that a client may ask for"
        ),
        .number(
            "max-rdy-count",
            \.maximumReadyCount,
            legal: 0...Int64.max,
            "largest ready count of a client"
        ),
        .number(
            "max-output-buffer-size",
            \.maximumOutputBufferBytes,
            legal: 0...Int64(Int32.max),
            "largest output buffer in bytes that a client may ask for"
        ),
        .duration(
            "max-output-buffer-timeout",
            \.maximumOutputBufferTimeout,
            "longest time between flushes that a client may ask for"
        ),
        .duration(
            "min-output-buffer-timeout",
            \.minimumOutputBufferTimeout,
            "shortest time between flushes that a client may ask for"
        ),
        .duration(
            "output-buffer-timeout",
            \.outputBufferTimeout,
            legal: 1...NSQDFlag.longestDuration,
            "time between flushes to a client that asks for none"
        ),
        .number(
            "max-channel-consumers",
            \.maximumChannelConsumers,
            legal: 0...Int64.max,
            "largest number of consumers of a channel (default 0, i.e., unlimited)"
        ),
        .truth("deflate", \.offersDeflate, "allow clients to ask for deflate"),
        .number(
            "max-deflate-level",
            \.maximumDeflateLevel,
            legal: 1...9,
            "highest deflate level that a client may ask for"
        ),
        .truth("snappy", \.offersSnappy, "allow clients to ask for snappy"),
    ]

    /// The largest body whose frame, 30 bytes longer, has a size that 31 bits hold.
    private static let largestMessage = Int64(Int32.max) - 30
}
