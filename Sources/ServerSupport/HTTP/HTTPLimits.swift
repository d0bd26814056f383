/// What one HTTP connection may use of time and memory.
///
/// The original has almost none of these limits; a client that behaves never meets them.
package enum HTTPLimits {
    /// Header fields of one request, trailers included.
    package static let headerFieldCount = 64
    /// Bytes of one header field, and of the request target.
    package static let headerFieldBytes = 8192
    /// Bytes of all header fields of one request.
    package static let headerBlockBytes = 32_768
    /// Bytes that the decoder may hold back; a partly received field is the most it ever needs.
    package static let undecodedBytes = 65_536
    /// Bytes of an unwanted body that are read over to keep the connection; the original's figure.
    package static let swallowedBodyBytes = 262_144
    /// Seconds from a request's first byte until it is complete, before the allowance for its body.
    package static let requestSeconds: Int64 = 10
    /// Seconds until a new connection's first byte.
    package static let silentSeconds: Int64 = 5
    /// Bytes of body for which a request is allowed another second.
    package static let bodyBytesPerSecond: Int64 = 1024
    /// Seconds that a peer may leave a reply unread.
    package static let stalledReplySeconds: Int64 = 60
    /// Milliseconds for which input is discarded after a final reply, so that no reset eats the
    /// reply.
    package static let lingerMilliseconds: Int64 = 500
    /// Bytes of replies to pipelined requests that are gathered into one write.
    package static let gatheredReplyBytes = 16_384
    /// Seconds that connections get at shutdown to finish the request in hand.
    package static let shutdownSeconds: Int64 = 2
    /// Threads for routes that touch the disk or walk every topic.
    package static let blockingThreadCount = 2
}
