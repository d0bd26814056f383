import NIOCore

/// Notes which cipher suite TLS agreed on, for `/stats`: the TLS library does not tell.
///
/// The suite stands in the clear in the ServerHello, the first record that a server sends; this handler stands
/// between the TLS handler and the socket and looks at that. Source: RFC 8446, 4.1.3 and 5.1.
final class CipherSuiteWatch: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let handshakeRecord: UInt8 = 22
    private static let serverHello: UInt8 = 2
    /// Record header, handshake header, version and random.
    private static let sessionIDOffset = 5 + 4 + 2 + 32

    private(set) var suite: UInt16?
    private var hasLooked = false

    func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        if !hasLooked {
            hasLooked = true
            suite = Self.suite(in: unwrapOutboundIn(data))
        }
        context.write(data, promise: promise)
    }

    /// The suite that the record at the start of `bytes` names; `nil` when it is no ServerHello.
    static func suite(in bytes: ByteBuffer) -> UInt16? {
        let start = bytes.readerIndex
        guard bytes.getInteger(at: start, as: UInt8.self) == handshakeRecord,
            bytes.getInteger(at: start + 5, as: UInt8.self) == serverHello,
            let length = bytes.getInteger(at: start + sessionIDOffset, as: UInt8.self)
        else { return nil }
        return bytes.getInteger(at: start + sessionIDOffset + 1 + Int(length))
    }
}
