import CSnappy
package import NIOCore

/// Writes snappy's framing format: each buffer becomes one chunk or more at once.
package final class SnappyEncoder: StreamCompressor {
    private var hasBegun = false

    /// A stream at its start.
    package init() {}

    package func compress(
        _ input: ByteBuffer,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        var input = input
        while let piece = input.readSlice(
            length: min(input.readableBytes, SnappyChunk.maximumPlainBytes)
        ), piece.readableBytes > 0 {
            if !hasBegun {
                output.writeBytes(SnappyChunk.streamIdentifier)
                hasBegun = true
            }
            try write(piece, into: &output)
        }
    }

    package func flush(into output: inout ByteBuffer) throws(CompressionError) {}

    private func write(
        _ piece: ByteBuffer,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        let status: snappy_status = piece.withUnsafeReadableBytes { plain in
            let bound = snappy_max_compressed_length(plain.count)
            let overhead = SnappyChunk.headerBytes + SnappyChunk.checksumBytes
            var status = SNAPPY_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: overhead + bound) { room in
                let body = UnsafeMutableRawBufferPointer(rebasing: room[overhead...])
                var length = body.count
                status = snappy_compress(
                    plain.bindMemory(to: CChar.self).baseAddress,
                    plain.count,
                    body.bindMemory(to: CChar.self).baseAddress,
                    &length
                )
                guard status == SNAPPY_OK else { return 0 }
                // What shrinks by less than an eighth is not worth the reader's time.
                let isWorthIt = length < plain.count - plain.count / 8
                if !isWorthIt {
                    body.copyMemory(from: plain)
                    length = plain.count
                }
                let size = UInt32(length + SnappyChunk.checksumBytes)
                let type = isWorthIt ? SnappyChunk.compressed : SnappyChunk.uncompressed
                room.storeBytes(of: (UInt32(type) | size << 8).littleEndian, as: UInt32.self)
                room.storeBytes(
                    of: SnappyChunk.checksum(plain).littleEndian,
                    toByteOffset: SnappyChunk.headerBytes,
                    as: UInt32.self
                )
                return overhead + length
            }
            return status
        }
        guard status == SNAPPY_OK else { throw .failed(Int32(bitPattern: status.rawValue)) }
    }
}
