import CZlib
package import NIOCore

/// Packs a whole body in gzip.
///
/// Source: RFC 1952.
package enum Gzip {
    /// More window bits than there are tell zlib to write a gzip header.
    private static let windowBits: Int32 = 15 + 16
    private static let level: Int32 = 6
    private static let memoryLevel: Int32 = 8

    /// `body` in gzip.
    ///
    /// - Throws: `.noMemory`; `.failed` when zlib refuses, as for a body of 4 GiB or more.
    package static func packed(_ body: ByteBuffer) throws(CompressionError) -> ByteBuffer {
        guard let length = UInt32(exactly: body.readableBytes) else { throw .failed(Z_BUF_ERROR) }
        var stream = z_stream()
        let status = deflateInit2_(
            &stream,
            level,
            Z_DEFLATED,
            windowBits,
            memoryLevel,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else { throw status == Z_MEM_ERROR ? .noMemory : .failed(status) }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(length)))
        var output = ByteBufferAllocator().buffer(capacity: bound)
        let done = body.withUnsafeReadableBytes { input -> Int32 in
            // SAFETY: zlib reads what `next_in` points to and never writes there.
            stream.next_in = UnsafeMutablePointer(
                mutating: input.bindMemory(to: UInt8.self).baseAddress
            )
            stream.avail_in = length
            var done = Z_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { room in
                stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(clamping: room.count)
                done = deflate(&stream, Z_FINISH)
                return room.count - Int(stream.avail_out)
            }
            return done
        }
        guard done == Z_STREAM_END else { throw .failed(done) }
        // The bound is far above what most bodies take, and the body may be kept.
        return ByteBuffer(bytes: output.readableBytesView)
    }
}
