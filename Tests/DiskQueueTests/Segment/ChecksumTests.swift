import CChecksum
import DiskQueueTesting
import Testing

/// CRC-32C by the processor and by tables.
@Suite("Checksum", .timeLimit(.minutes(10)))
struct ChecksumTests {
    private func sums(_ bytes: some Sequence<UInt8>, from start: UInt32 = 0) -> (UInt32, UInt32) {
        Array(bytes).withUnsafeBytes { raw in
            (
                nsq_crc32c(start, raw.baseAddress, raw.count),
                nsq_crc32c_portable(start, raw.baseAddress, raw.count)
            )
        }
    }

    @Test func givesTheKnownSums() {
        #expect(sums("123456789".utf8) == (0xe306_9283, 0xe306_9283))
        // RFC 3720, appendix B.4.
        #expect(sums([UInt8](repeating: 0, count: 32)) == (0x8a91_36aa, 0x8a91_36aa))
        #expect(sums([UInt8](repeating: 0xff, count: 32)) == (0x62a8_ab43, 0x62a8_ab43))
        #expect(sums(0..<32) == (0x46dd_794e, 0x46dd_794e))
        #expect(sums([]) == (0, 0))
    }

    @Test func bothAgreeForEveryLengthAndAlignment() {
        var generator = SeededGenerator(seed: 1)
        let bytes = (0..<1100).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        bytes.withUnsafeBytes { raw in
            for length in 0...1000 {
                for alignment in 0..<16 {
                    let part = UnsafeRawBufferPointer(rebasing: raw[alignment..<alignment + length])
                    let start = UInt32(truncatingIfNeeded: length &* 2_654_435_761)
                    let fast = nsq_crc32c(start, part.baseAddress, part.count)
                    let slow = nsq_crc32c_portable(start, part.baseAddress, part.count)
                    if fast != slow { Issue.record("length \(length), alignment \(alignment)") }
                }
            }
        }
    }

    @Test(arguments: [767, 768, 769, 8192, 24_575, 24_576, 24_577, 50_000, 262_144])
    func bothAgreeForLongRunsAndInParts(length: Int) {
        var generator = SeededGenerator(seed: UInt64(length))
        let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let (fast, slow) = sums(bytes)
        #expect(fast == slow)

        let cut = generator.below(length)
        let first = sums(bytes[..<cut])
        let whole = sums(bytes[cut...], from: first.0)
        #expect(whole == (fast, fast))
    }
}
