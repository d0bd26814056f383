/// The length of message frames in memory.
enum FrameSize {
    /// Bytes of the message frame at `base`, its size field included.
    ///
    /// Chunks hold verified frames only.
    @inline(__always)
    static func bytes(at base: UnsafeRawPointer) -> Int {
        4 &+ Int(UInt32(bigEndian: base.loadUnaligned(as: UInt32.self)))
    }
}
