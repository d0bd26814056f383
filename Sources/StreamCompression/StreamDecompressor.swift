package import NIOCore

/// Takes one direction of a compressed stream apart, a bounded piece at a time.
///
/// Isolation: used by one connection, on its event loop.
package protocol StreamDecompressor: AnyObject {
    /// Consumes some of `input` and appends at most ``StreamLimits/pieceBytes`` bytes to `output`.
    ///
    /// - Returns: whether it may have more to give without more input.
    func decompress(
        _ input: inout ByteBuffer,
        into output: inout ByteBuffer
    ) throws(CompressionError) -> Bool
}
