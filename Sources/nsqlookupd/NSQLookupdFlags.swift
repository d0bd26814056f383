import DaemonSupport
import LookupServer

extension LookupConfiguration: DaemonConfiguration {}

/// The flags that nsqlookupd takes.
///
/// Source: `nsqlookupd` spec 8.
enum NSQLookupdFlags {
    /// One flag of nsqlookupd.
    typealias Flag = DaemonFlag<LookupConfiguration>

    /// All flags, with the defaults of a machine called `hostName`.
    static func all(hostName: String) -> [Flag] {
        let groups = [
            ("Process and log", Flag.common(program: "nsqlookupd")),
            ("Addresses", addresses(hostName: hostName)),
            ("Producers", producers),
        ]
        return groups.flatMap { title, flags in flags.map { $0.under(title) } }
    }

    private static func addresses(hostName: String) -> [Flag] {
        [
            .text(
                "tcp-address",
                \.tcpAddress,
                "<addr>:<port> to listen on for nsqd, or the path of a unix socket"
            ),
            .text(
                "http-address",
                \.httpAddress,
                "<addr>:<port> to listen on for HTTP clients, or the path of a unix socket;\n"
                    + "empty for no HTTP"
            ),
            .text(
                "broadcast-address",
                \.broadcastAddress,
                initially: hostName,
                "address of this nsqlookupd that nsqd is told (defaults to the OS hostname)"
            ),
        ]
    }

    private static let producers: [Flag] = [
        .text(
            "data-path",
            \.dataPath,
            "folder that keeps the last view, shown after a restart until the producers come\n"
                + "back; empty for none"
        ),
        .duration(
            "inactive-producer-timeout",
            \.inactiveProducerTimeout,
            "time after its last ping for which a producer is shown"
        ),
        .duration(
            "tombstone-lifetime",
            \.tombstoneLifetime,
            "time for which a tombstoned producer is hidden from lookups of the topic"
        ),
        .duration(
            "idle-timeout",
            \.idleTimeout,
            "close a connection that has sent no command for so long; 0 for never"
        ),
        .number(
            "max-producer-registrations",
            \.maximumProducerRegistrations,
            legal: 2...Int64.max,
            "topics and channels that one connection may register"
        ),
        .number(
            "max-names",
            \.maximumNames,
            legal: 2...Int64.max,
            "topics and channels that are known in all, with producers or without"
        ),
    ]
}
