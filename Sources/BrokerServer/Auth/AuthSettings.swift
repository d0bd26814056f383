/// What the `--auth-*` flags say.
///
/// Source: `nsqd` spec 5.2.
package struct AuthSettings: Sendable {
    /// `--auth-http-address`: each `host:port` or a whole URL; empty for no authorization.
    package var addresses: [String] = []
    /// `--auth-http-request-method`: `get` or `post`.
    package var method = "get"
    /// `--http-auth`: whether the HTTP API asks for a secret too.
    package var coversHTTP = false
    /// `--http-client-connect-timeout`.
    package var connectTimeout = Duration.seconds(2)
    /// `--http-client-request-timeout`: from the question to the end of the answer.
    package var requestTimeout = Duration.seconds(5)

    /// No authorization.
    package init() {}
}
