import BrokerServer
import DaemonSupport

extension NSQDFlags {
    /// The flags for authorization.
    static let auth: [NSQDFlag] = [
        .list(
            "auth-http-address",
            \.auth.addresses,
            "<addr>:<port> or URL of an auth server to ask what a client may do;\n"
                + "may be given many times, then one that answers is enough"
        ).shown(as: "auth_http_addresses"),
        .text(
            "auth-http-request-method",
            \.auth.method,
            "how auth servers are asked: get or post"
        ),
        .truth(
            "http-auth",
            \.auth.coversHTTP,
            "ask HTTP clients for a secret too (Authorization: Bearer <secret>)"
        ),
        .duration(
            "http-client-connect-timeout",
            \.auth.connectTimeout,
            legal: 1_000_000...NSQDFlag.longestDuration,
            "longest time to connect to an auth server"
        ),
        .duration(
            "http-client-request-timeout",
            \.auth.requestTimeout,
            legal: 1_000_000...NSQDFlag.longestDuration,
            "longest time for the question to an auth server and its answer"
        ),
    ]
}
