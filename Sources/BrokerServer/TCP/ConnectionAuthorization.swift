/// What a connection was authorized for, and the question that is under way.
struct ConnectionAuthorization {
    /// Why an auth server is asked.
    enum Purpose: Sendable {
        /// The client sent AUTH.
        case authentication
        /// The latest grant has expired.
        case renewal
    }

    /// What AUTH was sent with; asked with again when the grant has expired.
    var secret: [UInt8] = []

    /// The latest answer; `nil` before AUTH.
    var grant: AuthGrant?

    /// The question that an auth server is asked now.
    var query: Task<Void, Never>?
}
