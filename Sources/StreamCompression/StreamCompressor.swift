package import NIOCore

/// Compresses one direction of a stream.
///
/// Isolation: used by one connection, on its event loop.
package protocol StreamCompressor: AnyObject {
    /// Compresses `input`; what comes out at once is appended to `output`.
    func compress(
        _ input: ByteBuffer,
        into output: inout ByteBuffer
    ) throws(CompressionError)

    /// Appends what is needed for the peer to read all that was compressed so far.
    func flush(into output: inout ByteBuffer) throws(CompressionError)
}
