package import NIOCore

/// The frames that nsqlookupd sends: a length and a body, without a type.
///
/// Source: `nsqlookupd` spec 2.3.
package enum LookupdReply {
    /// Appends a reply with `body`.
    package static func write(_ body: some Collection<UInt8>, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(truncatingIfNeeded: body.count))
        buffer.writeBytes(body)
    }

    /// Appends the reply `OK`.
    package static func writeOK(to buffer: inout ByteBuffer) {
        buffer.writeInteger(2, as: UInt32.self)
        buffer.writeStaticString("OK")
    }
}
