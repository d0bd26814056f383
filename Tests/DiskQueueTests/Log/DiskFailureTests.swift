import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// Disks that are full, fail to sync, or fail for good.
@Suite("Disk failures", .timeLimit(.minutes(10)))
struct DiskFailureTests {
    private func code(_ body: () throws -> Void) -> DiskQueueError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? DiskQueueError)?.code
        }
    }

    // MARK: - Full disks

    private static let parts: [DiskFault.WrittenPart] = [
        .nothing, .half, .bytes(1), .bytes(64), .bytes(.max),
    ]

    @Test(arguments: 0..<5)
    func aFullDiskRefusesAPublishAndLeavesTheLogAsItWas(part: Int) throws {
        let fixture = try LogFixture()
        try fixture.append(["a"])
        for round in 0..<3 {
            fixture.disk.inject(
                DiskFault(of: .write, errno: ENOSPC, writtenPart: Self.parts[part])
            )
            let refused = (0..<1000).map { "refused \(round) \($0)" }
            #expect(code { try fixture.append(refused) } == .noSpace)
            #expect(try fixture.bodies() == ["a"] + (0..<round).map { "b\($0)" })
            try fixture.append(["b\(round)"])
        }

        #expect(try fixture.bodies() == ["a", "b0", "b1", "b2"])
        fixture.log.rest()
        #expect(try fixture.bodies() == ["a", "b0", "b1", "b2"])
        try fixture.reopen()
        #expect(try fixture.bodies() == ["a", "b0", "b1", "b2"])
    }

    /// A publish of several batches whose first ones reached the disk, on a disk that does not even truncate.
    @Test func whatAFailedWriteLeavesIsNeverTakenForAPublish() throws {
        let fixture = try LogFixture()
        try fixture.append(["a"])
        let refused = (0..<1200).map { _ in String(repeating: "r", count: 1000) }
        fixture.disk.inject(DiskFault(of: .truncate, errno: EIO, isSticky: true))
        fixture.disk.inject(DiskFault(of: .write, errno: EIO, writtenPart: .bytes(.max)))
        #expect(code { try fixture.append(refused) } == .io)
        _ = try? fixture.append(["b"])
        fixture.disk.removeFaults()
        try fixture.append(["c"])

        let wanted = try fixture.bodies()
        #expect(!wanted.contains { $0.hasPrefix("r") })
        #expect(wanted.first == "a" && wanted.last == "c")
        try fixture.reopen()
        #expect(try fixture.bodies() == wanted)
    }

    @Test func aSyncAfterAFailedWriteStillCoversWhatWasAcknowledged() throws {
        let fixture = try LogFixture()
        try fixture.append(["a"])
        fixture.disk.inject(DiskFault(of: .truncate, errno: EIO))
        fixture.disk.inject(DiskFault(of: .write, errno: ENOSPC, writtenPart: .half))
        _ = try? fixture.append(["refused"])
        let before = fixture.disk.log.count
        try fixture.log.synchronize()

        let syncs = fixture.disk.log[before...].map(\.description).filter { $0.hasPrefix("sync #") }
        #expect(!syncs.isEmpty)
        #expect(fixture.log.bytesAtRisk == 0)
    }

    @Test(arguments: 0..<6)
    func aFullDiskWhileRollingRefusesAPublishAndGoesOn(skipped: Int) throws {
        let fixture = try LogFixture(segmentBytes: 2000)
        var bodies: [String] = []
        var refusals = 0
        for number in 0..<60 {
            if number == 20 {
                fixture.disk.inject(
                    DiskFault(of: [.write, .open, .truncate], after: skipped, errno: ENOSPC)
                )
                fixture.disk.inject(
                    DiskFault(of: .write, after: skipped, errno: ENOSPC, writtenPart: .half)
                )
            }
            let body = "\(number) " + String(repeating: "x", count: 150)
            if code({ try fixture.append([body]) }) == nil {
                bodies.append(body)
            } else {
                refusals += 1
            }
        }

        #expect((1...2).contains(refusals))
        #expect(try fixture.bodies() == bodies)
        try fixture.reopen()
        #expect(try fixture.bodies() == bodies)
    }

    // MARK: - Failed syncs

    private func bodies(_ range: Range<Int>) -> [String] {
        range.map { "\($0) " + String(repeating: "y", count: 150) }
    }

    /// Where the unsynced part lies: in one segment, in several, or in segments that were never synced.
    static let layouts = [(synced: 3, unsynced: 3), (3, 40), (0, 3), (0, 40), (20, 20), (12, 1)]

    @Test(arguments: layouts)
    func aFailedSyncMovesTheUnsyncedForward(synced: Int, unsynced: Int) throws {
        let fixture = try LogFixture(segmentBytes: 2000)
        try fixture.appendEach(bodies(0..<synced))
        try fixture.log.synchronize()
        if synced == 0 { try fixture.log.record(Roster(heldAt: LogFixture.start)) }
        try fixture.appendEach(bodies(synced..<synced + unsynced))
        fixture.disk.inject(DiskFault(of: .synchronizeData, errno: EIO))
        try fixture.log.synchronize()

        #expect(fixture.failures == [1, 0])
        #expect(fixture.log.bytesAtRisk == 0)
        let total = synced + unsynced
        #expect(try fixture.bodies() == bodies(0..<total))
        try fixture.appendEach(bodies(total..<total + 30))
        #expect(try fixture.bodies() == bodies(0..<total + 30))
        try fixture.log.synchronize()
        fixture.log.rest()
        #expect(try fixture.bodies() == bodies(0..<total + 30))
        try fixture.reopen()
        #expect(try fixture.bodies() == bodies(0..<total + 30))
        #expect(fixture.quarantined.isEmpty)
    }

    @Test func aSyncThatFindsNoDescriptorIsTriedAgain() throws {
        let fixture = try LogFixture()
        try fixture.appendEach(bodies(0..<3))
        fixture.disk.inject(DiskFault(of: .synchronizeDirectory, errno: EMFILE))

        let error = #expect(throws: DiskQueueError.self) { try fixture.log.synchronize() }
        #expect(error?.code == .io)
        #expect(fixture.failures == [0, 0])
        try fixture.log.synchronize()
        #expect(fixture.log.bytesAtRisk == 0)
        #expect(try fixture.bodies() == bodies(0..<3))
    }

    /// Whatever the disk lost of the files whose sync failed, what was moved is whole.
    @Test(arguments: layouts)
    func whatWasMovedForwardNeedsNothingOfTheOldFiles(synced: Int, unsynced: Int) throws {
        let fixture = try LogFixture(segmentBytes: 2000)
        try fixture.appendEach(bodies(0..<synced))
        try fixture.log.synchronize()
        let sizes = Dictionary(
            uniqueKeysWithValues: try fixture.segmentPaths.map { ($0, try fixture.size(of: $0)) }
        )
        try fixture.appendEach(bodies(synced..<synced + unsynced))
        let old = Set(fixture.segmentPaths)
        fixture.disk.inject(DiskFault(of: .synchronizeData, errno: EIO))
        try fixture.log.synchronize()

        let moved = try #require(fixture.disk.log.map(\.description).last)
        #expect(moved.hasPrefix("sync"))
        for path in fixture.segmentPaths where old.contains(path) {
            let kept = synced == 0 ? nil : sizes[path]
            let isNew = try fixture.disk.bytes(of: path).count < 2000 && kept == nil
            // The new segment may have the name of one that never became durable.
            if path == fixture.segmentPaths.last || isNew, kept == nil { continue }
            try fixture.disk.open(path, .readWrite).truncate(to: kept ?? 0)
        }
        try fixture.reopen(mayHaveLostPower: true)
        #expect(try fixture.bodies() == bodies(0..<synced + unsynced))
    }

    @Test(arguments: layouts)
    func readersGoOnFromWhereTheyWere(synced: Int, unsynced: Int) throws {
        let fixture = try LogFixture(segmentBytes: 2000)
        try fixture.appendEach(bodies(0..<synced))
        try fixture.log.synchronize()
        var roster = Roster(heldAt: LogFixture.start)
        for id in 1...5 as ClosedRange<UInt64> {
            roster.members.append(
                Roster.Member(
                    id: id,
                    name: "channel \(id)",
                    isPaused: false,
                    startSequence: LogFixture.start
                )
            )
            try fixture.log.record(roster)
        }
        try fixture.appendEach(bodies(synced..<synced + unsynced))
        let total = synced + unsynced
        var places: [(next: UInt64, place: LogPosition)] = []
        for index in 0..<total {
            let sequence = LogFixture.start + UInt64(index)
            places.append((sequence, try #require(try fixture.log.locate(sequence))))
        }
        fixture.disk.inject(DiskFault(of: .synchronizeData, errno: EIO))
        try fixture.log.synchronize()
        try fixture.appendEach(bodies(total..<total + 5))

        for (next, place) in places {
            let read = try fixture.messages(from: place).filter { $0.sequence >= next }
            let wanted = Array(next..<LogFixture.start + UInt64(total + 5))
            #expect(read.map(\.sequence) == wanted)
        }
        #expect(fixture.quarantined.isEmpty)
    }

    @Test(arguments: layouts)
    func aSecondFailurePoisonsTheLogAndKeepsItReadable(synced: Int, unsynced: Int) throws {
        for skipped in 0..<6 {
            let fixture = try LogFixture(segmentBytes: 2000)
            try fixture.appendEach(bodies(0..<synced))
            try fixture.log.synchronize()
            try fixture.appendEach(bodies(synced..<synced + unsynced))
            fixture.disk.inject(DiskFault(of: .synchronizeData, errno: EIO))
            fixture.disk.inject(
                DiskFault(
                    of: [.synchronizeData, .write, .synchronizeDirectory, .rename],
                    after: skipped,
                    errno: EIO,
                    isSticky: true
                )
            )
            let total = synced + unsynced
            if code({ try fixture.log.synchronize() }) == nil {
                // The faults came too late to hit the move.
                #expect(fixture.failures[1] == 0)
                continue
            }

            #expect(fixture.failures == [0, 1])
            #expect(code { try fixture.append(["refused"]) } == .poisoned)
            #expect(code { try fixture.log.record(Roster(heldAt: 0)) } == .poisoned)
            #expect(code { try fixture.log.synchronize() } == .poisoned)
            #expect(try fixture.bodies() == bodies(0..<total))
            fixture.log.rest()
            #expect(try fixture.bodies() == bodies(0..<total))
            fixture.disk.removeFaults()
            try fixture.reopen()
            #expect(try fixture.bodies() == bodies(0..<total), "after \(skipped) calls")
            try fixture.append(["on"])
        }
    }

    @Test func aReadErrorIsReportedAndPasses() throws {
        let fixture = try LogFixture()
        try fixture.appendEach(bodies(0..<10))
        fixture.log.rest()
        let place = try #require(try fixture.log.locate(LogFixture.start))
        fixture.disk.inject(DiskFault(of: .read, errno: EIO, isSticky: true))

        #expect(code { _ = try fixture.log.chunk(at: place) } == .io)
        fixture.disk.removeFaults()
        fixture.disk.inject(DiskFault(of: .read, errno: EIO))
        #expect(try fixture.bodies() == bodies(0..<10))
    }
}
