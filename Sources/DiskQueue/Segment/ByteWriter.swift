/// Appends little-endian integers, variable-length integers and short texts to a byte array.
struct ByteWriter {
    /// What was written so far.
    private(set) var bytes: [UInt8] = []

    /// Appends a fixed-width integer, least significant byte first.
    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends an unsigned LEB128 integer: seven bits a byte, the high bit says that more follow.
    mutating func writeVariable(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a text of at most 255 bytes behind its length.
    mutating func write(text: String) {
        let utf8 = text.utf8.prefix(255)
        bytes.append(UInt8(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    /// Forgets what was written and keeps the memory.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// Reads back what ``ByteWriter`` wrote; every read is checked against the end.
struct ByteReader {
    private let source: UnsafeRawBufferPointer
    private var offset = 0

    /// Reads from the start of `source`, which outlives the reader.
    init(_ source: UnsafeRawBufferPointer) { self.source = source }

    /// Whether everything was read.
    var isAtEnd: Bool { offset >= source.count }

    /// The next fixed-width integer; `nil` past the end.
    mutating func read<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T? {
        let width = MemoryLayout<T>.size
        guard source.count - offset >= width else { return nil }
        defer { offset += width }
        return T(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// The next LEB128 integer; `nil` past the end or when it would not fit 64 bits.
    mutating func readVariable() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < source.count, shift < 64 {
            let byte = source[offset]
            offset += 1
            let part = UInt64(byte & 0x7f)
            guard shift < 63 || part <= 1 else { return nil }
            value |= part << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    /// The next text; `nil` past the end.
    mutating func readText() -> String? {
        guard let count = read(UInt8.self), source.count - offset >= Int(count) else { return nil }
        defer { offset += Int(count) }
        return String(decoding: source[offset..<offset + Int(count)], as: UTF8.self)
    }
}
