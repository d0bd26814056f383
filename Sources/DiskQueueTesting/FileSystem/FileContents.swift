/// The bytes of one file of a disk image, with a fingerprint that each change brings up to date
/// at the cost of the bytes that it touches.
///
/// A value; copies share the bytes until one of them changes.
package struct FileContents: Sendable {
    /// The bytes.
    package private(set) var bytes: [UInt8] = []

    /// The sum of one mixed term for each aligned 8-byte word that is not zero.
    private var wordSum: UInt64 = 0

    /// An empty file.
    package init() {}

    /// A file that holds `bytes`.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        wordSum = sum(0..<bytes.count)
    }

    /// A number that tells contents apart: equal for equal contents, different for all others but
    /// by rare accident.
    package var fingerprint: UInt64 {
        SeededGenerator.mix(wordSum &+ UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Copies `source` to `offset`; a gap before it becomes zeros.
    mutating func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
        guard !source.isEmpty, offset >= 0 else { return }
        let touched = offset..<offset + source.count
        wordSum &-= sum(touched)
        if offset > bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: offset - bytes.count))
        }
        let overlap = min(source.count, bytes.count - offset)
        if overlap > 0 {
            bytes.withUnsafeMutableBytes { target in
                UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + overlap])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<overlap]))
            }
        }
        if overlap < source.count {
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[overlap...]))
        }
        wordSum &+= sum(touched)
    }

    /// Makes room for `size` bytes, so that growing to that size moves nothing.
    mutating func reserve(_ size: Int) {
        if size > bytes.count { bytes.reserveCapacity(size) }
    }

    /// Cuts or extends to `size` bytes; what is added is zeros.
    mutating func resize(to size: Int) {
        if size > bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
        } else if size >= 0, size < bytes.count {
            // The word that the cut runs through is counted before and after.
            let touched = size..<bytes.count
            wordSum &-= sum(touched)
            bytes.removeLast(bytes.count - size)
            wordSum &+= sum(touched)
        }
    }

    /// The terms of the words that `range` touches, as far as the file goes; the last word is
    /// filled with zeros.
    private func sum(_ range: Range<Int>) -> UInt64 {
        bytes.withUnsafeBytes { bytes in
            let end = min(bytes.count, (range.upperBound + 7) & ~7)
            var offset = range.lowerBound & ~7
            var total: UInt64 = 0
            while offset + 8 <= end {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                total &+= Self.term(word, offset)
                offset += 8
            }
            if offset < end {
                var word: UInt64 = 0
                for index in (offset..<end).reversed() { word = word << 8 | UInt64(bytes[index]) }
                total &+= Self.term(word, offset)
            }
            return total
        }
    }

    /// A zero word has no weight, so that zeros past the end of a file need not be counted.
    private static func term(_ word: UInt64, _ offset: Int) -> UInt64 {
        if word == 0 { return 0 }
        return SeededGenerator.mix(
            word ^ UInt64(truncatingIfNeeded: offset) &* 0xD6E8_FEB8_6659_FD93
        )
    }
}
