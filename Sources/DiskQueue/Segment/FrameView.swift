/// A message in wire form, read where it lies.
///
/// Source: `nsqd` spec 1.3 and 1.4.
struct FrameView {
    /// Nanoseconds since the Unix epoch.
    let timestamp: Int64
    /// The 64 bits that the id spells; 0 when it spells none.
    let id: UInt64
    /// The body.
    let body: UnsafeRawBufferPointer
    /// Bytes of the whole frame.
    let byteCount: Int

    /// Reads the frame at `offset` of a payload; `nil` when none fits there.
    init?(_ payload: UnsafeRawBufferPointer, at offset: Int) {
        guard offset >= 0, payload.count - offset >= SegmentFormat.messageHeaderBytes else {
            return nil
        }
        let rest = UnsafeRawBufferPointer(rebasing: payload[offset...])
        guard let base = rest.baseAddress else { return nil }
        byteCount = MessageFrame.totalBytes(at: base)
        guard byteCount >= SegmentFormat.messageHeaderBytes, byteCount <= rest.count else {
            return nil
        }
        timestamp = Int64(bigEndian: rest.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        let digits = String(decoding: rest[18..<34], as: UTF8.self)
        id = UInt64(digits, radix: 16) ?? 0
        body = UnsafeRawBufferPointer(
            rebasing: rest[SegmentFormat.messageHeaderBytes..<byteCount]
        )
    }
}
