import DiskQueue
import Testing

/// What stands at the start of segment files and before each batch.
@Suite("Segment and batch headers", .timeLimit(.minutes(10)))
struct SegmentHeaderTests {
    private let header = SegmentHeader(
        uuid: SegmentUUID(low: 0x1122_3344_5566_7788, high: 0x99aa_bbcc_ddee_ff01),
        topicID: 42,
        topicName: String(repeating: "n", count: 64),
        firstSequence: (1 << 54) - 1,
        createdMilliseconds: -5
    )
    private let batch = BatchHeader(
        payloadBytes: 123_456,
        payloadChecksum: 0xdead_beef,
        segmentUUID: .max,
        firstSequence: (1 << 54) - 2,
        messageCount: 77,
        deferredUntil: 1_767_225_600_123,
        delay: 123,
        syncedThrough: 31 * 1024 * 1024
    )

    private func encoded(_ header: SegmentHeader) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xff, count: SegmentFormat.headerBytes)
        bytes.withUnsafeMutableBytes { header.encode(into: $0) }
        return bytes
    }

    private func encoded(_ header: BatchHeader) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xff, count: SegmentFormat.batchHeaderBytes)
        bytes.withUnsafeMutableBytes { raw in
            if let base = raw.baseAddress { header.encode(at: base) }
        }
        return bytes
    }

    private func decodeSegment(_ bytes: [UInt8]) throws(SegmentHeader.Flaw) -> SegmentHeader {
        let decoded: Result<SegmentHeader, SegmentHeader.Flaw> = bytes.withUnsafeBytes { raw in
            Result { () throws(SegmentHeader.Flaw) in try SegmentHeader(decoding: raw) }
        }
        return try decoded.get()
    }

    private func decodeBatch(_ bytes: [UInt8]) -> BatchHeader? {
        bytes.withUnsafeBytes { BatchHeader(decoding: $0) }
    }

    @Test func aSegmentHeaderReadsBack() throws {
        #expect(try decodeSegment(encoded(header)) == header)
        #expect(try decodeSegment(encoded(header) + [1, 2, 3]) == header)
    }

    @Test func everyBitFlipOfASegmentHeaderIsRefused() {
        let bytes = encoded(header)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: SegmentHeader.Flaw.self, "bit \(bit)") { try decodeSegment(damaged) }
        }
    }

    @Test func aNewerVersionIsNamedAndNeverTakenForDamage() {
        for version in [2, 3, 255] as [UInt8] {
            let bytes = encoded(header).withHeaderVersion(version)
            #expect(throws: SegmentHeader.Flaw.newerVersion(UInt32(version))) {
                try decodeSegment(bytes)
            }
            var damaged = encoded(header)
            damaged[8] = version
            #expect(throws: SegmentHeader.Flaw.invalid) { try decodeSegment(damaged) }
        }
    }

    @Test func cutSegmentHeadersAndEmptySpaceAreRefused() {
        for count in 0..<SegmentFormat.headerBytes {
            #expect(throws: SegmentHeader.Flaw.invalid) {
                try decodeSegment(Array(encoded(header).prefix(count)))
            }
        }
        #expect(throws: SegmentHeader.Flaw.invalid) {
            try decodeSegment([UInt8](repeating: 0, count: 256))
        }
    }

    @Test func aBatchHeaderReadsBack() {
        #expect(decodeBatch(encoded(batch)) == batch)
        var control = batch
        control.isControl = true
        control.messageCount = 0
        #expect(decodeBatch(encoded(control)) == control)
    }

    @Test func everyBitFlipOfABatchHeaderIsRefused() {
        let bytes = encoded(batch)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(decodeBatch(damaged) == nil, "bit \(bit)")
        }
    }

    @Test func cutBatchHeadersAndEmptySpaceAreRefused() {
        for count in 0..<SegmentFormat.batchHeaderBytes {
            #expect(decodeBatch(Array(encoded(batch).prefix(count))) == nil)
        }
        #expect(decodeBatch([UInt8](repeating: 0, count: 64)) == nil)
        #expect(decodeBatch([UInt8](repeating: 0xff, count: 64)) == nil)
    }

    @Test func batchHeadersThatContradictThemselvesAreRefused() {
        var control = batch
        control.isControl = true
        var empty = batch
        empty.messageCount = 0
        var crowded = batch
        crowded.payloadBytes = 77 * 34 - 1
        var endless = batch
        endless.payloadBytes = Int(UInt32.max)
        var many = batch
        many.messageCount = Int(UInt32.max)
        for header in [control, empty, crowded, endless, many] {
            #expect(decodeBatch(encoded(header)) == nil)
        }
    }
}

extension [UInt8] {
    /// A header of 256 bytes as a later version would write it: its checksum holds.
    func withHeaderVersion(_ version: UInt8) -> [UInt8] {
        var bytes = self
        bytes[8] = version
        let sum = bytes[..<252].withUnsafeBytes { Checksum.crc32c($0) }
        bytes.replaceSubrange(
            252..<256,
            with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
        )
        return bytes
    }
}
