import NIOCore

/// Frames in order that were not given to the socket yet.
struct OutputBuffer {
    /// Capacity that is kept for the next frames; a larger buffer is given away for good.
    private static let keptCapacity = 16_384

    /// The frames.
    var bytes = ByteBuffer()

    /// Whether the frames are to go out as soon as the present input is done.
    var mustFlush = false

    /// Whether answers to commands are among the frames.
    var hasAnswers = false

    /// Bytes given to the socket since the connection began.
    private(set) var writtenByteCount = 0

    /// The frames were written.
    mutating func clear() {
        writtenByteCount &+= bytes.readableBytes
        mustFlush = false
        hasAnswers = false
        // Once NIO has let go of the frames, clearing costs nothing; while it still holds them, a new
        // buffer is made when it is needed.
        if bytes.capacity > Self.keptCapacity {
            bytes = ByteBuffer()
        } else {
            bytes.clear()
        }
    }
}
