import NIOCore
import Synchronization

/// Grants for requests over HTTP, which bring their secret each time: an answer is kept while it holds.
///
/// Safe to use from any thread.
package final class HTTPAuthorizer: Sendable {
    /// Grants that are kept.
    private static let capacity = 1024

    private let client: AuthClient
    private let grants = Mutex<[AuthQuestion: AuthGrant]>([:])

    /// Asks through `client`.
    package init(_ client: AuthClient) {
        self.client = client
    }

    /// The grant that is known and holds; `nil` when an auth server has to be asked.
    func grant(for question: AuthQuestion) -> AuthGrant? {
        grants.withLock { grants in
            guard let grant = grants[question] else { return nil }
            guard grant.isExpired(at: .now()) else { return grant }
            grants[question] = nil
            return nil
        }
    }

    /// Has an auth server asked.
    func ask(_ question: AuthQuestion) async throws(AuthFailure) -> AuthGrant {
        let grant = try await client.ask(question)
        grants.withLock { grants in
            if grants.count >= Self.capacity {
                let now = NIODeadline.now()
                grants = grants.filter { !$0.value.isExpired(at: now) }
                if grants.count >= Self.capacity { grants.removeAll() }
            }
            grants[question] = grant
        }
        return grant
    }
}
