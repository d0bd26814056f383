/// A message in a data file of the original, for the time until the next one is read.
///
/// Source: `nsqd` spec 9.3.
package struct GoRecord {
    /// When it was published, nanoseconds since the Unix epoch.
    package let timestamp: Int64
    /// Deliveries so far.
    package let attempts: UInt16
    /// The 64 bits that the id spells; `nil` when it spells none.
    package let id: UInt64?
    /// The body.
    package let body: UnsafeRawBufferPointer

    /// Bytes before the body: length, timestamp, attempts, id.
    package static let headBytes = 30
    /// Bytes of these that the length counts.
    static let countedBytes = 26

    /// Writes the head of a record into its first 30 bytes.
    static func write(
        bodyBytes: Int,
        timestamp: Int64,
        attempts: UInt16,
        id: UInt64,
        at target: UnsafeMutableRawPointer
    ) {
        let length = UInt32(truncatingIfNeeded: bodyBytes + countedBytes)
        target.storeBytes(of: length.bigEndian, as: UInt32.self)
        target.storeBytes(of: timestamp.bigEndian, toByteOffset: 4, as: Int64.self)
        target.storeBytes(of: attempts.bigEndian, toByteOffset: 12, as: UInt16.self)
        for digit in 0..<16 {
            let nibble = UInt8(truncatingIfNeeded: id >> UInt64(60 - 4 * digit)) & 0xf
            let text = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
            target.storeBytes(of: text, toByteOffset: 14 + digit, as: UInt8.self)
        }
    }
}

/// The first 30 bytes of what may be a record.
struct GoRecordHead {
    /// What the length says: bytes behind it.
    let length: Int
    let timestamp: Int64
    let attempts: UInt16
    /// The 64 bits that the id spells; `nil` unless it is sixteen lower-case hex digits.
    let id: UInt64?

    /// Times that a message may bear, nanoseconds since the Unix epoch: NSQ is younger than the first.
    private static let times: Range<Int64> = 1_262_304_000_000_000_000..<5_680_281_600_000_000_000

    /// Reads the head at `offset`, which has 30 bytes behind it.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        length = Self.length(bytes, at: offset)
        timestamp = Int64(
            bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: Int64.self)
        )
        attempts = UInt16(
            bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt16.self)
        )
        var value: UInt64? = 0
        for at in offset + 14..<offset + 30 {
            let digit: UInt8
            switch bytes[at] {
            case 0x30...0x39: digit = bytes[at] - 0x30
            case 0x61...0x66: digit = bytes[at] - 0x57
            default:
                value = nil
                digit = 0
            }
            guard let known = value else { break }
            value = known << 4 | UInt64(digit)
        }
        id = value
    }

    /// The length at `offset`, without the rest.
    static func length(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
    }

    /// Whether time and id are those of a message, whatever the length says.
    var isOfMessage: Bool { id != nil && Self.times.contains(timestamp) }
}
