import CZlib
package import NIOCore

/// Writes DEFLATE, each flush ended by a sync marker.
///
/// Source: RFC 1951, RFC 1952, `nsqd` spec 2.4.
package final class Deflater: StreamCompressor {
    /// Room that is made at a time.
    private static let step = 16_384
    /// What stands around the compressed bytes, as zlib has it in its number of window bits.
    enum Wrapping: Int32 {
        case none = -15
        case gzip = 31
    }

    /// The default of zlib: 256 KiB of state.
    private static let memoryLevel: Int32 = 8

    // SAFETY: zlib keeps a pointer to the structure, so it stays where it is until `deinit`; one event loop
    // uses it.
    private let stream: UnsafeMutablePointer<z_stream>

    /// A stream of the given level, 1 to 9.
    package convenience init(level: Int) throws(CompressionError) {
        try self.init(level: level, .none)
    }

    init(level: Int, _ wrapping: Wrapping) throws(CompressionError) {
        // SAFETY: owned by this object; freed in `deinit`.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream,
            Int32(clamping: level),
            Z_DEFLATED,
            wrapping.rawValue,
            Self.memoryLevel,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else { throw status == Z_MEM_ERROR ? .noMemory : .failed(status) }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    package func compress(
        _ input: ByteBuffer,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        try run(input, Z_NO_FLUSH, into: &output)
    }

    package func flush(into output: inout ByteBuffer) throws(CompressionError) {
        try run(ByteBuffer(), Z_SYNC_FLUSH, into: &output)
    }

    /// Ends the stream.
    func finish(into output: inout ByteBuffer) throws(CompressionError) {
        try run(ByteBuffer(), Z_FINISH, into: &output)
    }

    private func run(
        _ input: ByteBuffer,
        _ mode: Int32,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        let status = input.withUnsafeReadableBytes { raw -> Int32 in
            // zlib reads what `next_in` points to and never writes there.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: raw.bindMemory(to: UInt8.self).baseAddress
            )
            stream.pointee.avail_in = UInt32(clamping: raw.count)
            var status = Z_OK
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.step) { room in
                    stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
                    stream.pointee.avail_out = UInt32(clamping: room.count)
                    status = deflate(stream, mode)
                    return room.count - Int(stream.pointee.avail_out)
                }
            } while status == Z_OK && stream.pointee.avail_out == 0
            stream.pointee.next_in = nil
            stream.pointee.next_out = nil
            return status
        }
        // Nothing to do is no error: two flushes in a row.
        guard [Z_OK, Z_BUF_ERROR, Z_STREAM_END].contains(status) else { throw .failed(status) }
    }
}
