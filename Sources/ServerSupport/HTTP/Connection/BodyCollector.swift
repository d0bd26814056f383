package import NIOCore

/// Gathers a request's body, and never more of it than its route may have.
package struct BodyCollector {
    /// What a route does with a body.
    package enum Policy: Sendable {
        /// It is wanted, up to this many bytes.
        case keep(limit: Int)
        /// It is read over.
        case discard
    }

    /// The bytes kept so far; empty once the body is too long, or when it is not wanted.
    package private(set) var bytes = ByteBuffer()
    /// Bytes seen so far, kept or not.
    package private(set) var receivedCount = 0
    /// Whether a wanted body is longer than its limit, by declaration or by what came.
    package private(set) var isTooLong = false

    private let policy: Policy
    private let declaredLength: Int?

    /// A collector for a body of `declaredLength` bytes, `nil` when it was not declared.
    package init(_ policy: Policy, declaredLength: Int?) {
        self.policy = policy
        self.declaredLength = declaredLength
        if case .keep(let limit) = policy, let declaredLength, declaredLength > limit {
            isTooLong = true
        }
    }

    /// Whether the rest is not worth reading: the request is to be answered now, and the connection
    /// closed.
    package var isHopeless: Bool {
        if case .keep = policy, !isTooLong { return false }
        return max(declaredLength ?? 0, receivedCount) > HTTPLimits.swallowedBodyBytes
    }

    /// Takes the next part.
    ///
    /// A body that arrives in one part stays the slice of the receive buffer that it is. Parts are
    /// copied together, so that a body sent in crumbs does not hold one receive buffer for each.
    package mutating func append(_ part: ByteBuffer) {
        receivedCount &+= part.readableBytes
        guard case .keep(let limit) = policy, !isTooLong else { return }
        guard receivedCount <= limit else {
            isTooLong = true
            bytes = ByteBuffer()
            return
        }
        if bytes.readableBytes == 0 && receivedCount == declaredLength {
            bytes = part
        } else {
            bytes.writeImmutableBuffer(part)
        }
    }
}
