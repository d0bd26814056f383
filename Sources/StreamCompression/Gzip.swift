package import NIOCore

/// Packs a whole body in gzip.
///
/// Source: RFC 1952.
package enum Gzip {
    private static let level = 6

    /// `body` in gzip.
    ///
    /// - Throws: `.noMemory`; `.failed` when zlib refuses.
    package static func packed(_ body: ByteBuffer) throws(CompressionError) -> ByteBuffer {
        let deflater = try Deflater(level: level, .gzip)
        var output = ByteBuffer()
        try deflater.compress(body, into: &output)
        try deflater.finish(into: &output)
        // It may be kept, and the room behind it would be too.
        return ByteBuffer(bytes: output.readableBytesView)
    }
}
