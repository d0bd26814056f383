/// What an auth server answers to the question who a client is and what it may do.
///
/// Decoded as Go's `encoding/json` does: keys in any case, unknown keys skipped, what is absent or `null`
/// has its zero value. Source: `nsqd` spec 7.2.
package struct AuthAnswer: Equatable, Sendable {
    /// `ttl`: how long the answer holds, in seconds; above 0.
    package private(set) var secondsToLive: Int64 = 0
    /// `identity`, for `/stats` and the answer to AUTH.
    package private(set) var identity = ""
    /// `identity_url`, likewise.
    package private(set) var identityURL = ""
    /// `authorizations`; empty means that nothing is allowed.
    package private(set) var authorizations: [Authorization] = []

    /// One entry: who matches all of it may do what it permits.
    package struct Authorization: Equatable, Sendable {
        /// `topic`: a regular expression that may match anywhere in the name.
        package fileprivate(set) var topic = ""
        /// `channels`: at least one must match; a publish asks with the empty name.
        package fileprivate(set) var channels: [String] = []
        /// `permissions`.
        package fileprivate(set) var permissions: Permissions = []
    }

    /// What an authorization permits.
    package struct Permissions: OptionSet, Sendable {
        package let rawValue: UInt8

        /// SUB.
        package static let subscribe = Self(rawValue: 1)
        /// PUB, MPUB and DPUB.
        package static let publish = Self(rawValue: 2)

        /// A set by its bits.
        package init(rawValue: UInt8) { self.rawValue = rawValue }
    }

    /// Why an answer can not be used.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// Not the JSON that is expected.
        case malformed
        /// `ttl` is absent, or not above 0.
        case invalidTTL(Int64)
        /// A permission that does not exist: what it was to allow or forbid can not be known.
        case unknownPermission(String)

        package var description: String {
            switch self {
            case .malformed: "the answer is not the JSON of an auth server"
            case .invalidTTL(let seconds): "the answer's ttl of \(seconds) is not above 0"
            case .unknownPermission(let word):
                "the answer has a permission \(GoJSON.quote(String(word.prefix(64)))), which is neither "
                    + "subscribe nor publish"
            }
        }
    }

    /// Decodes and checks `json`.
    ///
    /// The regular expressions are not judged here.
    package init(json: UnsafeRawBufferPointer) throws(Failure) {
        var unknown: String?
        do throws(JSONScanner.Failure) {
            var scanner = JSONScanner(json)
            try scanner.object { key, scanner throws(JSONScanner.Failure) in
                try decodeValue(of: key, &scanner, &unknown)
            }
            try scanner.expectEnd()
        } catch {
            throw .malformed
        }
        if let unknown { throw .unknownPermission(unknown) }
        guard secondsToLive > 0 else { throw .invalidTTL(secondsToLive) }
    }

    private mutating func decodeValue(
        of key: String,
        _ scanner: inout JSONScanner,
        _ unknown: inout String?
    ) throws(JSONScanner.Failure) {
        switch key {
        case "ttl":
            if try !scanner.takeNull() { secondsToLive = try scanner.integer() }
        case "identity":
            if try !scanner.takeNull() { identity = try scanner.string() }
        case "identity_url":
            if try !scanner.takeNull() { identityURL = try scanner.string() }
        case "authorizations":
            authorizations = []
            try scanner.array { scanner throws(JSONScanner.Failure) in
                authorizations.append(try Authorization(&scanner, &unknown))
            }
        default:
            try scanner.skipValue()
        }
    }
}

extension AuthAnswer.Authorization {
    fileprivate init(
        _ scanner: inout JSONScanner,
        _ unknown: inout String?
    ) throws(JSONScanner.Failure) {
        try scanner.object { key, scanner throws(JSONScanner.Failure) in
            switch key {
            case "topic":
                if try !scanner.takeNull() { topic = try scanner.string() }
            case "channels":
                channels = try Self.texts(&scanner)
            case "permissions":
                permissions = []
                for word in try Self.texts(&scanner) {
                    switch word {
                    case "subscribe": permissions.insert(.subscribe)
                    case "publish": permissions.insert(.publish)
                    default: unknown = unknown ?? word
                    }
                }
            default:
                try scanner.skipValue()
            }
        }
    }

    private static func texts(
        _ scanner: inout JSONScanner
    ) throws(JSONScanner.Failure) -> [String] {
        var result: [String] = []
        try scanner.array { scanner throws(JSONScanner.Failure) in
            result.append(try scanner.takeNull() ? "" : try scanner.string())
        }
        return result
    }
}
