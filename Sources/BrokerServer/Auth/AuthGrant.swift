import NIOCore
import NSQWire

/// What one client may do, as an auth server answered, and for how long that holds.
///
/// Source: `nsqd` spec 7.3.
struct AuthGrant: Sendable {
    /// Patterns that one grant may have in all.
    static let maximumPatterns = 1000

    /// Longest time that a grant holds: a deadline that far away can still be computed with.
    private static let longestSeconds: Int64 = 100 * 365 * 86_400

    /// Who the client is.
    let identity: String
    /// Where more is to be read about who the client is.
    let identityURL: String

    private let rules: [Rule]
    private let expiry: NIODeadline

    private struct Rule {
        let topic: NamePattern
        let channels: [NamePattern]
        let permissions: AuthAnswer.Permissions
    }

    /// Takes an answer that came at `now`.
    ///
    /// - Throws: ``AuthFailure`` for a pattern that is no regular expression, and for too many of them.
    init(_ answer: AuthAnswer, at now: NIODeadline) throws(AuthFailure) {
        identity = answer.identity
        identityURL = answer.identityURL
        expiry = now + .seconds(min(answer.secondsToLive, Self.longestSeconds))
        let count = answer.authorizations.reduce(0) { $0 + 1 + $1.channels.count }
        guard count <= Self.maximumPatterns else { throw .tooManyPatterns(count) }
        var rules: [Rule] = []
        for authorization in answer.authorizations {
            var channels: [NamePattern] = []
            for text in authorization.channels { channels.append(try Self.compile(text)) }
            rules.append(
                Rule(
                    topic: try Self.compile(authorization.topic),
                    channels: channels,
                    permissions: authorization.permissions
                )
            )
        }
        self.rules = rules
    }

    /// Entries of the answer; without any, nothing is allowed.
    var authorizationCount: Int { rules.count }

    /// Whether the auth server must be asked again.
    func isExpired(at now: NIODeadline) -> Bool { now >= expiry }

    /// Whether one entry permits `permission` on the topic and the channel.
    ///
    /// A publish asks with the empty name of a channel, which an entry's channels must match too.
    func permits(
        _ permission: AuthAnswer.Permissions,
        topic: String,
        channel: String
    ) -> Bool {
        rules.contains { rule in
            rule.permissions.contains(permission) && rule.topic.matches(topic)
                && rule.channels.contains { $0.matches(channel) }
        }
    }

    private static func compile(_ text: String) throws(AuthFailure) -> NamePattern {
        guard let pattern = NamePattern(text) else { throw .badPattern(text) }
        return pattern
    }
}
