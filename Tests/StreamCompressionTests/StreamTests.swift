import NIOCore
import StreamCompression
import Testing

/// What one side compresses, the other side reads.
@Suite("Compressed streams")
struct StreamTests {
    private static func bytes(_ count: Int, isRandom: Bool) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { index in
            isRandom ? UInt8.random(in: 0...255, using: &generator) : UInt8(index / 1000 % 251)
        }
    }

    @Test(arguments: Stream.allCases, [1, 7, 4096, 1 << 20])
    func everythingComesThrough(stream: Stream, step: Int) throws {
        let pieces = [0, 1, 100, 65_536, 65_537, 300_000].flatMap { count in
            [true, false].map { Self.bytes(step < 100 ? count / 50 : count, isRandom: $0) }
        }
        let compressed = try stream.compressed(pieces)
        #expect(try stream.plain(compressed, step: step) == pieces.flatMap { $0 })
    }

    @Test(arguments: Stream.allCases)
    func whatRepeatsGetsShorter(stream: Stream) throws {
        let compressed = try stream.compressed([[UInt8](repeating: 7, count: 500_000)])
        #expect(compressed.count < 50_000)
    }

    @Test(arguments: Stream.allCases)
    func garbageIsRefusedAndNeverMore(stream: Stream) throws {
        for length in 1...200 {
            for _ in 0..<20 {
                let garbage = Self.bytes(length, isRandom: true)
                // SWALLOW: most are refused; a few are legal streams.
                let plain = try? stream.plain(garbage, step: 16)
                #expect((plain?.count ?? 0) <= length * 1100)
            }
        }
        #expect(throws: CompressionError.self) {
            _ = try stream.plain([UInt8](repeating: 0xff, count: 64), step: 64)
        }
    }

    @Test(arguments: Stream.allCases)
    func aFlippedBitIsRefusedOrKeepsWithinBounds(stream: Stream) throws {
        let plain = Self.bytes(2_000, isRandom: false)
        let compressed = try stream.compressed([plain])
        for bit in 0..<compressed.count * 8 {
            var damaged = compressed
            damaged[bit / 8] ^= 1 << (bit % 8)
            // SWALLOW: refused is right; what is not refused is judged.
            guard let found = try? stream.plain(damaged, step: 1 << 16) else { continue }
            #expect(found.count <= 1 << 21)
            // Every chunk of snappy has a checksum.
            if stream == .snappy { #expect(plain.starts(with: found)) }
        }
    }

    @Test func aDeflateStreamMayEnd() throws {
        // "hi" in one stored block that says that it is the last.
        let ended: [UInt8] = [1, 2, 0, 0xfd, 0xff] + Array("hi".utf8)
        #expect(try Stream.deflate.plain(ended, step: 3) == Array("hi".utf8))
        #expect(throws: CompressionError.streamEnded) {
            _ = try Stream.deflate.plain(ended + [0], step: 64)
        }
    }

    @Test func snappyRefusesWhatItsFormatForbids() throws {
        let identifier: [UInt8] = [0xff, 6, 0, 0] + Array("sNaPpY".utf8)
        let flawed: [[UInt8]] = [
            [1, 4, 0, 0, 0, 0, 0, 0],
            [0xff, 6, 0, 0] + Array("sNaPpy".utf8),
            identifier + [2, 1, 0, 0, 0],
            identifier + [1, 3, 0, 0, 0, 0, 0],
            identifier + [1, 6, 0, 0, 1, 2, 3, 4, 5, 6],
            identifier + [1, 0xff, 0xff, 0xff],
            identifier + [0, 0xff, 0xff, 0xff],
            // A block of 4 GiB less one byte, it says.
            identifier + [0, 9, 0, 0, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 0x0f],
        ]
        for bytes in flawed {
            #expect(throws: CompressionError.self) {
                _ = try Stream.snappy.plain(bytes, step: 1 << 16)
            }
        }
    }

    @Test func snappyPassesOverPaddingAndUnknownChunks() throws {
        let padding: [UInt8] = [0xfe, 3, 0, 0, 9, 9, 9, 0x80, 1, 0, 0, 9]
        let compressed = try Stream.snappy.compressed([Array("hello".utf8)])
        for step in [1, 5, 100] {
            let bytes = Array(compressed.prefix(10)) + padding + compressed.dropFirst(10) + padding
            #expect(try Stream.snappy.plain(bytes, step: step) == Array("hello".utf8))
        }
    }
}
