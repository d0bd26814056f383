import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

@Suite("Foreign batch")
struct ForeignBatchTests {
    @Test func goesIntoALogBetweenItsOwnBatches() throws {
        let fixture = try LogFixture()
        try fixture.append(["own 0"])
        var batch = try batch(["a", "b", ""], ids: [nil, nil, nil])

        let appended = try fixture.log.append(&batch)
        try fixture.append(["own 1"])

        #expect(appended.firstSequence == LogFixture.start + 1)
        #expect(appended.count == 3)
        #expect(batch.isEmpty)
        #expect(try fixture.bodies() == ["own 0", "a", "b", "", "own 1"])
        try fixture.reopen()
        #expect(try fixture.bodies() == ["own 0", "a", "b", "", "own 1"])
        #expect(fixture.log.endSequence == LogFixture.start + 5)
    }

    @Test func isHeldBackAsAskedFor() throws {
        let fixture = try LogFixture()
        var batch = try batch(["later", "too"], ids: [nil, nil])
        let deferral = TopicLog.Deferral(untilMilliseconds: 9000, delayMilliseconds: 500)

        _ = try fixture.log.append(&batch, deferral: deferral)

        let start = LogFixture.start
        let wanted = DeferredBatch(
            sequences: start..<start + 2,
            untilMilliseconds: 9000,
            delayMilliseconds: 500
        )
        #expect(try fixture.log.deferredBatches(from: start) == [wanted])
        try fixture.reopen()
        #expect(try fixture.log.deferredBatches(from: start) == [wanted])
    }

    @Test func rollsTheLog() throws {
        let fixture = try LogFixture(segmentBytes: 4096)
        let bodies = (0..<40).map { "\($0) " + String(repeating: "x", count: 300) }
        for body in bodies {
            var batch = try batch([body], ids: [nil])
            _ = try fixture.log.append(&batch)
        }

        #expect(fixture.segmentPaths.count > 3)
        #expect(try fixture.bodies() == bodies)
    }

    @Test func leavesTheLogAsItWasWhenItCannotBeWritten() throws {
        let fixture = try LogFixture()
        try fixture.append(["before"])
        var batch = try batch(["a"], ids: [nil])
        fixture.disk.inject(DiskFault(of: .write, errno: 28, writtenPart: .half))

        do throws(DiskQueueError) {
            _ = try fixture.log.append(&batch)
            Issue.record("it was written")
        } catch {
            #expect(error.code == .noSpace)
        }
        #expect(batch.count == 1)
        fixture.disk.removeFaults()
        _ = try fixture.log.append(&batch)
        #expect(try fixture.bodies() == ["before", "a"])
    }

    @Test func hasRoomForOneMessageOfAnySize() throws {
        var batch = ForeignBatch()
        #expect(batch.hasRoom(for: 1 << 30))
        #expect(batch.hasRoom(for: .max))
        batch = try self.batch(["body"], ids: [nil])
        #expect(!batch.hasRoom(for: SegmentFormat.batchPayloadTarget))
        #expect(!batch.hasRoom(for: .max))
        #expect(batch.hasRoom(for: 1000))
    }

    @Test func saysWhereALogMayBegin() {
        let id = MessageID(rawValue: 0x18a2_ab4d_3aa6_9000)
        #expect(ForeignBatch.firstSequence(ofID: id.rawValue) == id.sequence)
        #expect(ForeignBatch.firstSequence(ofID: nil) == nil)
        #expect(ForeignBatch.firstSequence(ofID: 0) == nil)
        #expect(ForeignBatch.firstSequence(ofID: .max) == nil)
    }

    private func batch(_ bodies: [String], ids: [UInt64?]) throws -> ForeignBatch {
        var batch = ForeignBatch()
        for (body, id) in zip(bodies, ids) {
            let bytes = ReadOnlyBytes(body)
            try batch.append(bytes.buffer, timestamp: 1_790_000_000_000_000_000, id: id)
            withExtendedLifetime(bytes) {}
        }
        return batch
    }
}

/// Bytes that stay where they are.
private final class ReadOnlyBytes {
    let buffer: UnsafeRawBufferPointer

    init(_ text: String) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        buffer = UnsafeRawBufferPointer(copy)
    }

    deinit { buffer.deallocate() }
}
