package import NIOCore

/// Splits what an nsqlookupd sends into the bodies of its replies.
///
/// Source: `nsqlookupd` spec 2.3.
package struct LookupdReplyDecoder: ByteToMessageDecoder {
    /// The body of a reply.
    package typealias InboundOut = ByteBuffer

    /// A reply whose length is negative or beyond the limit; nothing behind it can be understood.
    package struct BadLength: Error, Equatable, CustomStringConvertible {
        /// The length as it was sent.
        package let length: Int32
        /// Bytes that are taken.
        package let limit: Int

        package var description: String { "a reply of \(length) bytes, the limit is \(limit)" }
    }

    private let limit: Int

    /// Takes replies of up to `limit` bytes.
    package init(limit: Int) { self.limit = limit }

    /// Hands on the next reply.
    package mutating func decode(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer
    ) throws -> DecodingState {
        guard let reply = try nextReply(&buffer) else { return .needMoreData }
        context.fireChannelRead(wrapInboundOut(reply))
        return .continue
    }

    /// Hands on what is complete at the end of the input; a piece of a reply is dropped.
    package mutating func decodeLast(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer,
        seenEOF: Bool
    ) throws -> DecodingState {
        try decode(context: context, buffer: &buffer)
    }

    /// Takes the next reply out of `buffer`; `nil` when not all of it is there.
    package func nextReply(_ buffer: inout ByteBuffer) throws(BadLength) -> ByteBuffer? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: Int32.self) else {
            return nil
        }
        guard (0...limit).contains(Int(length)) else {
            throw BadLength(length: length, limit: limit)
        }
        guard buffer.readableBytes >= WireSize.byteCount + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: WireSize.byteCount)
        return buffer.readSlice(length: Int(length))
    }
}
