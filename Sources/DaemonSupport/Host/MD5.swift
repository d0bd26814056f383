private import Glibc

/// MD5 as RFC 1321 defines it, for the default node id only: it protects nothing.
///
/// The original hashes the host name with it. A crypto package is a heavy price for one digest at
/// start.
package enum MD5 {
    /// The 16 bytes of the digest of `message`.
    package static func digest(of message: [UInt8]) -> [UInt8] {
        let bitCount = UInt64(message.count) &* 8
        var padded = message + [0x80]
        padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
        padded += littleEndian(bitCount)

        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
        for start in stride(from: 0, to: padded.count, by: 64) {
            absorb(padded[start..<start + 64], into: &state)
        }
        return state.flatMap(littleEndian)
    }

    private static func absorb(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        let words = (0..<16).map { index in
            block.dropFirst(index * 4).prefix(4).reversed().reduce(UInt32(0)) { word, byte in
                word << 8 | UInt32(byte)
            }
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        for step in 0..<64 {
            let mixed: UInt32
            let index: Int
            switch step / 16 {
            case 0: (mixed, index) = ((b & c) | (~b & d), step)
            case 1: (mixed, index) = ((d & b) | (~d & c), 5 * step + 1)
            case 2: (mixed, index) = (b ^ c ^ d, 3 * step + 5)
            default: (mixed, index) = (c ^ (b | ~d), 7 * step)
            }
            let sum = a &+ mixed &+ sines[step] &+ words[index % 16]
            let shift = shifts[step / 16][step % 4]
            (a, b, c, d) = (d, b &+ (sum << shift | sum >> (32 - shift)), b, c)
        }
        state = [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d]
    }

    /// The first 32 bits of |sin(i)|, RFC 1321 section 3.4; a double holds more of them than are
    /// used.
    private static let sines: [UInt32] = (1...64).map { index in
        UInt32(abs(sin(Double(index))) * 4_294_967_296)
    }

    private static let shifts: [[UInt32]] = [
        [7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21],
    ]

    private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
