private import Glibc
private import NSQCore

/// Writes messages in wire form: a complete message frame, so that a first delivery is a plain copy.
enum MessageFrame {
    // Computed, so that each is a constant in the loop and not a lazy global.
    private static var frameType: UInt32 { UInt32(2).bigEndian }
    private static var firstAttempt: UInt16 { UInt16(1).bigEndian }

    /// Writes one frame at `destination` and returns how many bytes it took.
    ///
    /// Layout (`nsqd` spec 1.3 and 1.4, big-endian): size, frame type 2, timestamp, attempts 1, id, body.
    ///
    /// `body`: fewer than 2^31 bytes.
    /// `timestamp`: nanoseconds since the Unix epoch.
    @inline(__always)
    static func write(
        _ body: UnsafeRawBufferPointer,
        id: UInt64,
        timestamp: Int64,
        at destination: UnsafeMutableRawPointer
    ) -> Int {
        let size = UInt32(truncatingIfNeeded: body.count &+ SegmentFormat.messageHeaderBytes &- 4)
        destination.storeBytes(of: size.bigEndian, as: UInt32.self)
        destination.storeBytes(of: frameType, toByteOffset: 4, as: UInt32.self)
        destination.storeBytes(of: timestamp.bigEndian, toByteOffset: 8, as: Int64.self)
        destination.storeBytes(
            of: firstAttempt,
            toByteOffset: SegmentFormat.attemptsOffset,
            as: UInt16.self
        )
        destination.storeBytes(of: hex(id >> 32), toByteOffset: 18, as: UInt64.self)
        destination.storeBytes(of: hex(id & 0xffff_ffff), toByteOffset: 26, as: UInt64.self)
        if let source = body.baseAddress {
            memcpy(destination + SegmentFormat.messageHeaderBytes, source, body.count)
        }
        return SegmentFormat.messageHeaderBytes &+ body.count
    }

    /// Writes the sixteen digits of `id` into the frame at `frame`.
    static func writeID(_ id: UInt64, at frame: UnsafeMutableRawPointer) {
        frame.storeBytes(of: hex(id >> 32), toByteOffset: 18, as: UInt64.self)
        frame.storeBytes(of: hex(id & 0xffff_ffff), toByteOffset: 26, as: UInt64.self)
    }

    /// The bytes of a frame, given its first four; traps on nothing, the caller checks the bounds.
    @inline(__always)
    static func totalBytes(at frame: UnsafeRawPointer) -> Int {
        4 &+ Int(UInt32(bigEndian: frame.loadUnaligned(as: UInt32.self)))
    }

    /// Eight lower-case hex digits of a 32-bit value, spread over the bytes of a word in memory order.
    @inline(__always)
    private static func hex(_ value: UInt64) -> UInt64 {
        var nibbles = (value | value << 16) & 0x0000_ffff_0000_ffff
        nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff
        nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = ((nibbles &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return (nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).bigEndian
    }
}
