/// The answer to AUTH.
///
/// Source: `nsqd` spec 7.3.
package struct AuthResponse: Sendable {
    private let identity: String
    private let identityURL: String
    private let permissionCount: Int

    /// What the auth server said of the client.
    package init(identity: String, identityURL: String, permissionCount: Int) {
        self.identity = identity
        self.identityURL = identityURL
        self.permissionCount = permissionCount
    }

    /// The object in the original's order of keys.
    package var json: String {
        "{\"identity\":\(GoJSON.quote(identity)),\"identity_url\":\(GoJSON.quote(identityURL)),"
            + "\"permission_count\":\(permissionCount)}"
    }
}
