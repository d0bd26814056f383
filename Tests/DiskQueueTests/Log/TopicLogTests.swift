import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// What is appended to a topic's log is read back, from memory or from the file, in this run or the next.
@Suite("Topic log", .timeLimit(.minutes(10)))
struct TopicLogTests {
    private static func text(_ number: Int, _ count: Int) -> String {
        String(String(repeating: "\(number).", count: count / 2 + 1).prefix(max(1, count)))
    }

    @Test func numbersMessagesDenselyFromTheFirstSequence() throws {
        let fixture = try LogFixture()
        let first = try fixture.append(["a", "b", "c"])
        let second = try fixture.append(["d"])

        #expect(first.firstSequence == LogFixture.start)
        #expect(first.endSequence == second.firstSequence)
        #expect(first.gap == nil)
        #expect(fixture.log.endSequence == LogFixture.start + 4)
        #expect(fixture.log.messageCount(from: LogFixture.start + 1) == 3)
        #expect(
            try fixture.messages().map(\.sequence) == Array(LogFixture.start..<LogFixture.start + 4)
        )
        #expect(try fixture.bodies() == ["a", "b", "c", "d"])
    }

    @Test(arguments: [1, 100, 16 * 1024, 200 * 1024, 300 * 1024, 600 * 1024, 5 * 1024 * 1024])
    func bodiesOfAnySizeReadBackFromMemoryAndFromTheFile(size: Int) throws {
        let fixture = try LogFixture()
        let bodies = ["before"] + (0..<3).map { Self.text($0, size) } + ["after"]
        try fixture.append(bodies)
        for body in bodies { try fixture.append([body]) }

        #expect(try fixture.bodies() == bodies + bodies)
        fixture.log.rest()
        #expect(try fixture.bodies() == bodies + bodies)
        try fixture.reopen()
        #expect(try fixture.bodies() == bodies + bodies)
    }

    @Test func aLongPublishIsCutIntoBatchesOfBoundedSize() throws {
        let fixture = try LogFixture()
        let bodies = (0..<3000).map { Self.text($0, 1000) }
        try fixture.append(bodies)
        fixture.log.rest()

        var place = try #require(try fixture.log.locate(LogFixture.start))
        var batchCount = 0
        while let chunk = try fixture.log.chunk(at: place) {
            var offset = 0
            while offset < chunk.count {
                let batch = BatchSummary(at: chunk.base + offset)
                #expect(batch.totalBytes <= SegmentFormat.batchPayloadTarget + 64 + 1034)
                offset += batch.totalBytes
                batchCount += 1
            }
            place = chunk.end
        }
        #expect(batchCount > 10)
        #expect(try fixture.bodies() == bodies)
    }

    @Test func theTailAndTheFileGiveTheSameBytes() throws {
        let fixture = try LogFixture(segmentBytes: 300_000)
        var generator = SeededGenerator(seed: 5)
        var places: [LogPosition] = []
        for number in 0..<300 {
            let first = try fixture.append([Self.text(number, 1 + generator.below(9000))])
            places.append(try #require(try fixture.log.locate(first.firstSequence)))
            let recent = places[max(0, places.count - 1 - generator.below(3))]
            let fromTail = try #require(try fixture.log.chunk(at: recent))
            let path = try #require(fixture.segmentPaths.first { $0.contains("\(recent.segment)") })
            let file = try fixture.disk.bytes(of: path)
            let bytes = UnsafeRawBufferPointer(start: fromTail.base, count: fromTail.count)
            try #require(file[recent.offset..<recent.offset + fromTail.count].elementsEqual(bytes))
        }
        let before = try fixture.messages()
        fixture.log.rest()
        #expect(try fixture.messages() == before)
        #expect(before.count == 300)
    }

    @Test func aChunkKeepsItsBytesWhileTheLogGoesOn() throws {
        let fixture = try LogFixture()
        try fixture.append(["first"])
        let place = try #require(try fixture.log.locate(LogFixture.start))
        let chunk = try #require(try fixture.log.chunk(at: place))
        let before = try LogFixture.messages(in: chunk)
        for number in 0..<500 { try fixture.append([Self.text(number, 5000)]) }
        fixture.log.rest()

        #expect(try LogFixture.messages(in: chunk) == before)
    }

    // MARK: - Segments

    @Test func segmentsRollSealAndStayWithinTheirSize() throws {
        let fixture = try LogFixture(segmentBytes: 10_000)
        let bodies = (0..<500).map { Self.text($0, 200) }
        for body in bodies { try fixture.append([body]) }

        let sealed = fixture.reports.all.compactMap { event in
            if case .sealed(let record) = event { record } else { nil }
        }
        #expect(fixture.segmentPaths.count == sealed.count + 1)
        #expect(sealed.count > 10)
        for (record, next) in zip(sealed, sealed.dropFirst()) {
            #expect(record.endSequence == next.firstSequence)
        }
        for (path, record) in zip(fixture.segmentPaths, sealed) {
            #expect(try fixture.size(of: path) == Int(record.byteCount))
            #expect(record.byteCount <= 10_000)
            let digits = String(record.firstSequence)
            let name = String(repeating: "0", count: 20 - digits.count) + digits
            #expect(path == "\(LogFixture.folder)/\(name).segment")
        }
        #expect(try fixture.bodies() == bodies)
        #expect(fixture.log.messageCount(from: LogFixture.start + 100) == 400)
    }

    @Test func aPublishLargerThanASegmentGetsOneOfItsOwn() throws {
        let fixture = try LogFixture(segmentBytes: 10_000)
        let bodies = ["a", Self.text(1, 50_000), "b"]
        for body in bodies { try fixture.append([body]) }

        #expect(fixture.segmentPaths.count == 3)
        try fixture.reopen()
        #expect(try fixture.bodies() == bodies)
    }

    @Test(arguments: [true, false])
    func everyMessageIsFoundAfterReopening(wasClean: Bool) throws {
        let fixture = try LogFixture(segmentBytes: 200_000)
        var generator = SeededGenerator(seed: 6)
        var bodies: [String] = []
        for _ in 0..<300 {
            let publish = (0..<1 + generator.below(5)).map {
                Self.text($0, 1 + generator.below(4000))
            }
            try fixture.append(publish)
            bodies += publish
        }
        try fixture.reopen(wasClean: wasClean)

        // Twice: the first look builds the index that the second uses.
        for _ in 0..<2 {
            for (index, body) in bodies.enumerated() {
                let sequence = LogFixture.start + UInt64(index)
                let place = try #require(try fixture.log.locate(sequence))
                let chunk = try #require(try fixture.log.chunk(at: place))
                let batch = BatchSummary(at: chunk.base)
                try #require(batch.firstSequence <= sequence && sequence < batch.endSequence)
                let found = try LogFixture.messages(in: chunk).first { $0.sequence == sequence }
                try #require(found?.body == body)
            }
        }
        #expect(try fixture.log.locate(LogFixture.start + UInt64(bodies.count)) == nil)
        #expect(fixture.log.messageCount(from: 0) == UInt64(bodies.count))
        try fixture.append(["next"])
        #expect(try fixture.bodies() == bodies + ["next"])
    }

    @Test func removedSegmentsBecomeGaps() throws {
        let fixture = try LogFixture(segmentBytes: 5000)
        for number in 0..<200 { try fixture.append([Self.text(number, 100)]) }
        let removable = fixture.log.removableSegments { _ in false }
        try fixture.log.removeSegment(removable[2].lowerBound)
        try fixture.log.removeSegment(removable[3].lowerBound)
        try fixture.log.removeSegment(removable[3].lowerBound)

        let gap = removable[2].lowerBound..<removable[3].upperBound
        let kept = (0..<200).map { LogFixture.start + UInt64($0) }.filter { !gap.contains($0) }
        #expect(fixture.log.gaps(from: LogFixture.start) == [gap])
        #expect(try fixture.messages().map(\.sequence) == kept)
        #expect(fixture.log.messageCount(from: 0) == UInt64(kept.count))
        try fixture.reopen()
        #expect(fixture.log.gaps(from: LogFixture.start) == [gap])
        #expect(try fixture.messages().map(\.sequence) == kept)
    }

    @Test func filesOfRemovedSegmentsAreWrittenAgainWithoutTheirPast() throws {
        let fixture = try LogFixture(segmentBytes: 5000, recycles: true)
        var bodies = (0..<200).map { Self.text($0, 100) }
        for body in bodies { try fixture.append([body]) }
        for range in fixture.log.removableSegments(isNeeded: { _ in false }) {
            try fixture.log.removeSegment(range.lowerBound)
            bodies.removeFirst(range.count)
        }
        let kept = fixture.disk.image.paths.filter { $0.hasPrefix("/data/recycled/") }
        #expect((1...4).contains(kept.count))
        for number in 0..<90 {
            let body = Self.text(number, 90)
            try fixture.append([body])
            bodies.append(body)
        }

        #expect(
            fixture.disk.image.paths.filter { $0.hasPrefix("/data/recycled/") }.count < kept.count
        )
        #expect(try fixture.bodies() == bodies)
        fixture.log.rest()
        #expect(try fixture.bodies() == bodies)
        for wasClean in [true, false] {
            try fixture.reopen(wasClean: wasClean)
            #expect(try fixture.bodies() == bodies)
            #expect(fixture.reports.recovery?.isClean != false)
        }
        #expect(fixture.quarantined.isEmpty)
    }

    @Test func deferredBatchesAreListedWithTheirTimes() throws {
        let fixture = try LogFixture(segmentBytes: 3000)
        var wanted: [DeferredBatch] = []
        for number in 0..<100 {
            guard number % 7 == 0 else {
                try fixture.append([Self.text(number, 100)])
                continue
            }
            let delay = TopicLog.Deferral(
                untilMilliseconds: UInt64(1000 + number),
                delayMilliseconds: UInt64(1 + number)
            )
            let appended = try fixture.append(["x", "y"], deferral: delay)
            wanted.append(
                DeferredBatch(
                    sequences: appended.firstSequence..<appended.endSequence,
                    untilMilliseconds: UInt64(1000 + number),
                    delayMilliseconds: UInt64(1 + number)
                )
            )
        }

        for wasClean in [nil, true, false] {
            if let wasClean { try fixture.reopen(wasClean: wasClean) }
            #expect(try fixture.log.deferredBatches(from: LogFixture.start) == wanted)
            let cut = wanted[5].sequences.lowerBound
            #expect(try fixture.log.deferredBatches(from: cut) == Array(wanted[5...]))
        }
    }

    // MARK: - End

    @Test func aClosedLogTakesNothing() throws {
        let fixture = try LogFixture()
        fixture.log.close()

        #expect {
            try fixture.append(["a"])
        } throws: { error in
            (error as? DiskQueueError)?.code == .closed
        }
    }

    @Test func aDeletedLogLeavesNothing() throws {
        let fixture = try LogFixture(segmentBytes: 3000)
        for number in 0..<100 { try fixture.append([Self.text(number, 100)]) }
        try fixture.log.delete()

        #expect(fixture.disk.image.paths.isEmpty)
        #expect(try fixture.disk.list("/data/topics").isEmpty)
    }
}
