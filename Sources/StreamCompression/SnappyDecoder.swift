import CSnappy
package import NIOCore

/// Reads snappy's framing format, a chunk at a time.
///
/// It keeps one incomplete chunk at most, and checks a length before it waits for the bytes.
package final class SnappyDecoder: StreamDecompressor {
    /// Bytes that a compressed chunk may have: more than snappy makes of ``SnappyChunk/maximumPlainBytes``.
    private static let maximumCompressedBytes = snappy_max_compressed_length(
        SnappyChunk.maximumPlainBytes
    )

    private var hasBegun = false
    /// Bytes of a chunk that is passed over.
    private var skipping = 0

    /// A stream at its start.
    package init() {}

    package func decompress(
        _ input: inout ByteBuffer,
        into output: inout ByteBuffer
    ) throws(CompressionError) -> Bool {
        let skipped = min(skipping, input.readableBytes)
        input.moveReaderIndex(forwardBy: skipped)
        skipping -= skipped
        guard skipping == 0,
            let header = input.getInteger(
                at: input.readerIndex,
                endianness: .little,
                as: UInt32.self
            )
        else { return false }
        let type = UInt8(truncatingIfNeeded: header)
        let length = Int(header >> 8)
        guard hasBegun || type == SnappyChunk.identifier else {
            throw .badSnappy("it does not begin with its identifier")
        }
        try check(type, length)
        if type >= SnappyChunk.firstSkippable, type != SnappyChunk.identifier {
            input.moveReaderIndex(forwardBy: SnappyChunk.headerBytes)
            skipping = length
            return input.readableBytes > 0
        }
        guard input.readableBytes >= SnappyChunk.headerBytes + length else { return false }
        input.moveReaderIndex(forwardBy: SnappyChunk.headerBytes)
        guard let chunk = input.readSlice(length: length) else { return false }
        try take(chunk, of: type, into: &output)
        return input.readableBytes >= SnappyChunk.headerBytes
    }

    private func check(_ type: UInt8, _ length: Int) throws(CompressionError) {
        let limit =
            switch type {
            case SnappyChunk.compressed: Self.maximumCompressedBytes
            case SnappyChunk.uncompressed: SnappyChunk.maximumPlainBytes
            case SnappyChunk.identifier:
                SnappyChunk.streamIdentifier.count - SnappyChunk.headerBytes
                    - SnappyChunk.checksumBytes
            case SnappyChunk.firstSkippable...: Int.max - SnappyChunk.checksumBytes
            default: throw .badSnappy("chunk type \(type) is not known")
            }
        guard length <= limit + SnappyChunk.checksumBytes else {
            throw .badSnappy("a chunk of \(length) bytes is too long")
        }
    }

    private func take(
        _ chunk: ByteBuffer,
        of type: UInt8,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        var chunk = chunk
        if type == SnappyChunk.identifier {
            let expected = SnappyChunk.streamIdentifier.dropFirst(SnappyChunk.headerBytes)
            guard chunk.readableBytesView.elementsEqual(expected) else {
                throw .badSnappy("the identifier is wrong")
            }
            hasBegun = true
            return
        }
        guard let checksum = chunk.readInteger(endianness: .little, as: UInt32.self) else {
            throw .badSnappy("a chunk has no checksum")
        }
        let start = output.writerIndex
        if type == SnappyChunk.uncompressed {
            output.writeBuffer(&chunk)
        } else {
            try uncompress(chunk, into: &output)
        }
        let found = output.withUnsafeReadableBytes { bytes in
            SnappyChunk.checksum(
                UnsafeRawBufferPointer(rebasing: bytes[(start - output.readerIndex)...])
            )
        }
        guard found == checksum else { throw .badSnappy("a checksum is wrong") }
    }

    private func uncompress(
        _ chunk: ByteBuffer,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        let isValid = chunk.withUnsafeReadableBytes { raw -> Bool in
            let compressed = raw.bindMemory(to: CChar.self)
            var length = 0
            guard
                snappy_uncompressed_length(compressed.baseAddress, compressed.count, &length)
                    == SNAPPY_OK,
                length <= SnappyChunk.maximumPlainBytes
            else { return false }
            var isValid = true
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
                var written = room.count
                let status = snappy_uncompress(
                    compressed.baseAddress,
                    compressed.count,
                    room.bindMemory(to: CChar.self).baseAddress,
                    &written
                )
                isValid = status == SNAPPY_OK
                return isValid ? written : 0
            }
            return isValid
        }
        guard isValid else { throw .badSnappy("a chunk cannot be uncompressed") }
    }
}
