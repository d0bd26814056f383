import NIOHTTP1

/// How far the request that an HTTP connection has in hand has come.
enum HTTPConnectionPhase {
    case idle
    case receiving
    case answering
    /// The final reply is being written.
    case closing
    /// The final reply is written; input is read over.
    case lingering
}

/// What came from the decoder of an HTTP connection.
enum HTTPConnectionInput {
    case part(HTTPServerRequestPart)
    case malformed(HTTPParserError)
}

/// Sent through the pipeline at shutdown: finish the request in hand, then close.
struct HTTPShutdownRequest: Sendable {}
