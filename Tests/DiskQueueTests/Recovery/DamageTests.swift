import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// Torn tails, damaged batches and files of a newer version.
@Suite("Damaged segments", .timeLimit(.minutes(10)))
struct DamageTests {
    private let fixture: LogFixture
    /// Where each message's batch ends.
    private let ends: [Int]
    private let path: String

    init() throws {
        fixture = try LogFixture()
        ends = try fixture.appendEach((0..<10).map { "body \($0)" })
        path = try #require(fixture.segmentPaths.first)
    }

    private func bodies(without missing: Set<Int> = []) -> [String] {
        (0..<10).filter { !missing.contains($0) }.map { "body \($0)" }
    }

    // MARK: - Damage while running

    @Test func aDamagedPayloadIsPassedOverWhileItsNeighboursAreDelivered() throws {
        fixture.log.rest()
        try fixture.damage(path, at: ends[4] - 1)

        #expect(try fixture.bodies() == bodies(without: [4]))
        #expect(fixture.quarantined == [ends[3]..<ends[4]])
    }

    @Test func aDamagedHeaderIsPassedOverToo() throws {
        fixture.log.rest()
        try fixture.damage(path, at: ends[3] + 20)

        #expect(try fixture.bodies() == bodies(without: [4]))
        #expect(fixture.quarantined == [ends[3]..<ends[4]])
    }

    @Test func severalDamagedBatchesCostOnlyThemselves() throws {
        fixture.log.rest()
        for index in [0, 5, 6, 9] { try fixture.damage(path, at: ends[index] - 3) }

        #expect(try fixture.bodies() == bodies(without: [0, 5, 6, 9]))
        for index in 0..<10 {
            let sequence = LogFixture.start + UInt64(index)
            let found = try fixture.messages(from: sequence).first
            let next = (index..<10).first { ![0, 5, 6, 9].contains($0) }
            #expect(found?.body == next.map { "body \($0)" })
        }
    }

    // MARK: - Damage at start-up

    @Test func damageIsFoundAtStartUpAndCountedOnce() throws {
        for index in [2, 6] { try fixture.damage(path, at: ends[index] - 1) }
        try fixture.reopen()

        let report = try #require(fixture.reports.recovery?.topics.first)
        #expect(report.lostMessages == 2)
        #expect(report.damagedBytes == (ends[2] - ends[1]) + (ends[6] - ends[5]))
        #expect(report.tornBytes == 0)
        #expect(report.notes.count == 2)
        #expect(try fixture.bodies() == bodies(without: [2, 6]))
        #expect(fixture.log.messageCount(from: LogFixture.start) == 8)
        let gaps = [2, 6].map { LogFixture.start + $0..<LogFixture.start + $0 + 1 }
        #expect(fixture.log.gaps(from: LogFixture.start) == gaps)
        #expect(try fixture.append(["next"]).firstSequence == LogFixture.start + 10)
    }

    @Test(arguments: [20, 100])
    func whatACleanStopLeftAndIsDamagedIsReportedAndKeptAside(offset: Int) throws {
        let last = try #require(fixture.log.lastSegment)
        try fixture.damage(path, at: ends[8] + offset)
        // Payloads are not looked at after a clean stop; the reader finds what is wrong with them.
        let isHeader = offset < SegmentFormat.batchHeaderBytes
        try fixture.reopen(wasClean: isHeader, segments: [last])

        let report = try #require(fixture.reports.recovery?.topics.first)
        #expect(report.lostMessages == 1)
        #expect(report.tornBytes == ends[9] - ends[8])
        #expect(try fixture.bodies() == bodies(without: [9]))
        #expect(fixture.disk.image.paths.contains { $0.contains(".torn-") })
        #expect(try fixture.append(["next"]).firstSequence > LogFixture.start + 10)
    }

    @Test func aDamagedSegmentHeaderCostsNoMessage() throws {
        for offset in [0, 20, 100, 255] {
            try fixture.damage(path, at: offset, mask: 1)
            try fixture.reopen()
            #expect(try fixture.bodies() == bodies())
            try fixture.damage(path, at: offset, mask: 1)
        }
    }

    @Test(arguments: [400, 512, 4096])
    func aLostFirstSectorCostsOnlyTheBatchesInIt(count: Int) throws {
        try fixture.appendEach((0..<200).map { "body \(10 + $0)" })
        try fixture.disk.open(path, .readWrite)
            .write([UInt8](repeating: 0, count: count), at: 0)
        try fixture.reopen()

        let all = (0..<210).map { "body \($0)" }
        let left = try fixture.bodies()
        #expect(left == Array(all.suffix(left.count)))
        #expect(210 - left.count <= count / (SegmentFormat.batchHeaderBytes + 40))
        let report = try #require(fixture.reports.recovery?.topics.first)
        #expect(report.lostMessages == UInt64(210 - left.count))
        try fixture.append(["on"])
        #expect(try fixture.bodies() == left + ["on"])
    }

    @Test func batchesOfAnEarlierUseAreNotTakenForALostHeaders() throws {
        let bytes = try fixture.disk.bytes(of: path)
        let name = "\(LogFixture.folder)/00000244060024791040.segment"
        let stranger = try fixture.disk.open(name, .createNew)
        try stranger.write(bytes, at: 0)
        try stranger.write([UInt8](repeating: 0, count: SegmentFormat.headerBytes), at: 0)
        try fixture.reopen()

        #expect(try fixture.bodies() == bodies())
    }

    @Test func aMissingSegmentIsReportedWhenItsMessagesWereWanted() throws {
        let fixture = try LogFixture(segmentBytes: 1000)
        try fixture.appendEach((0..<30).map { "body \($0)" })
        let paths = fixture.segmentPaths
        try fixture.disk.remove(paths[1])
        try fixture.reopen()

        let report = try #require(fixture.reports.recovery?.topics.first)
        let left = try fixture.bodies().count
        #expect(left < 30)
        #expect(report.lostMessages == UInt64(30 - left))
        #expect(report.notes.contains { $0.contains("is missing") })
    }

    @Test(arguments: 0..<40)
    func aBitFlipAnywhereCostsAtMostItsBatch(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let size = try fixture.size(of: path)
        let first = ends[0] - (ends[1] - ends[0])
        let offset = first + generator.below(size - first)
        try fixture.damage(path, at: offset, mask: 1 << UInt8(generator.below(8)))
        try fixture.reopen()

        let hit = try #require(ends.firstIndex { offset < $0 })
        #expect(try fixture.bodies() == bodies(without: [hit]), "offset \(offset)")
        try fixture.append(["on"])
        #expect(try fixture.bodies() == bodies(without: [hit]) + ["on"])
        try fixture.reopen()
        #expect(try fixture.bodies() == bodies(without: [hit]) + ["on"])
    }

    // MARK: - Torn tails

    @Test func aTailTornAnywhereIsCutAndWhatWasReadIsKeptAside() throws {
        let whole = try fixture.disk.bytes(of: path)
        for size in ends[8]..<ends[9] {
            try fixture.disk.open(path, .readWrite).truncate(to: size)
            try fixture.reopen()

            try #require(try fixture.bodies() == bodies(without: [9]), "cut at \(size)")
            try #require(try fixture.size(of: path) == ends[8])
            if size - ends[8] >= SegmentFormat.batchHeaderBytes {
                let aside = "\(path).torn-\(ends[8])"
                try #require(try fixture.disk.bytes(of: aside) == Array(whole[ends[8]..<size]))
                let report = try #require(fixture.reports.recovery?.topics.first)
                try #require(report.tornBytes == size - ends[8])
                try fixture.disk.remove(aside)
            }
            try fixture.append(["instead"])
            try #require(try fixture.bodies() == bodies(without: [9]) + ["instead"])
            try fixture.disk.open(path, .readWrite).write(whole, at: 0)
        }
    }

    @Test func zerosBehindTheLastBatchAreCut() throws {
        let size = try fixture.size(of: path)
        try fixture.disk.open(path, .readWrite).truncate(to: size + 100_000)
        try fixture.reopen()

        #expect(try fixture.bodies() == bodies())
        #expect(try fixture.size(of: path) == size)
        #expect(fixture.reports.recovery?.isClean == true)
    }

    // MARK: - Strangers

    @Test func aNewerFormatIsRefusedWithNothingChanged() throws {
        let fixture = try LogFixture(segmentBytes: 1000)
        try fixture.appendEach((0..<10).map { "body \($0)" })
        let paths = fixture.segmentPaths
        #expect(paths.count > 1)
        for path in paths {
            let file = try fixture.disk.open(path, .readWrite)
            let header = Array(try fixture.disk.bytes(of: path).prefix(SegmentFormat.headerBytes))
            try file.write(header.withHeaderVersion(9), at: 0)
            let before = fixture.disk.image.fingerprint

            #expect {
                try fixture.reopen()
            } throws: { error in
                (error as? DiskQueueError)?.code == .unsupportedVersion
                    && "\(error)".contains("format version 9")
            }
            #expect(fixture.disk.image.fingerprint == before)
            try file.write(header, at: 0)
        }
        try fixture.reopen()
        #expect(try fixture.bodies() == bodies())
    }

    @Test func aNewerLedgerIsRefusedWithNoMessageTouched() throws {
        var roster = fixture.log.roster
        roster.members = [
            Roster.Member(id: 3, name: "c", isPaused: false, startSequence: LogFixture.start)
        ]
        try fixture.log.record(roster)
        let ledger = Ledger(
            folder: LogFixture.folder,
            header: LedgerHeader(
                topicID: 1,
                channelID: 3,
                channelName: "c",
                generation: 0,
                uuid: 5
            ),
            end: 0,
            fileSystem: fixture.disk,
            dirtied: { _ in }
        )
        ledger.finished(LogFixture.start..<LogFixture.start + 1)
        try ledger.flush()
        let file = try fixture.disk.open(ledger.path, .readWrite)
        let header = try fixture.disk.bytes(of: ledger.path).prefix(LedgerFormat.headerBytes)
        try file.write(Array(header).withHeaderVersion(7), at: 0)
        let before = fixture.disk.image

        #expect {
            try fixture.reopen()
        } throws: { error in
            (error as? DiskQueueError)?.code == .unsupportedVersion
        }
        for path in before.paths {
            #expect(fixture.disk.image[path] == before[path], "\(path)")
        }
    }

    @Test func aSegmentOfAnotherTopicIsSetAside() throws {
        let bytes = try fixture.disk.bytes(of: path)
        try fixture.disk.makeDirectory("/data/topics/2")
        let name = String(try #require(path.split(separator: "/").last))
        let copy = try fixture.disk.open("/data/topics/2/\(name)", .createNew)
        try copy.write(bytes, at: 0)
        try fixture.reopen()

        #expect(try fixture.bodies() == bodies())
        #expect(fixture.reports.recovery?.isClean == false)
    }
}
