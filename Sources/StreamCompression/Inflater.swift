import CZlib
package import NIOCore

/// Reads raw DEFLATE; the window is 32 KiB, whatever the peer says.
///
/// Source: RFC 1951, `nsqd` spec 2.4.
package final class Inflater: StreamDecompressor {
    private static let rawWindowBits: Int32 = -15

    // SAFETY: zlib keeps a pointer to the structure, so it stays where it is until `deinit`; one event loop
    // uses it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var hasEnded = false

    /// A stream at its start.
    package init() throws(CompressionError) {
        // SAFETY: owned by this object; freed in `deinit`.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(
            stream,
            Self.rawWindowBits,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else { throw status == Z_MEM_ERROR ? .noMemory : .failed(status) }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    package func decompress(
        _ input: inout ByteBuffer,
        into output: inout ByteBuffer
    ) throws(CompressionError) -> Bool {
        guard !hasEnded else {
            if input.readableBytes > 0 { throw .streamEnded }
            return false
        }
        var status = Z_OK
        input.readWithUnsafeMutableReadableBytes { raw in
            stream.pointee.next_in = raw.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_in = UInt32(clamping: raw.count)
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: StreamLimits.pieceBytes) {
                room in
                let limit = min(room.count, StreamLimits.pieceBytes)
                stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(limit)
                status = inflate(stream, Z_SYNC_FLUSH)
                return limit - Int(stream.pointee.avail_out)
            }
            let consumed = raw.count - Int(stream.pointee.avail_in)
            stream.pointee.next_in = nil
            stream.pointee.next_out = nil
            return consumed
        }
        switch status {
        // No progress: it wants more input.
        case Z_BUF_ERROR: return false
        case Z_OK: return stream.pointee.avail_out == 0 || input.readableBytes > 0
        case Z_STREAM_END:
            hasEnded = true
            return input.readableBytes > 0
        case Z_MEM_ERROR: throw .noMemory
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) }
            throw .badDeflate(reason ?? "status \(status)")
        }
    }
}
