import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// Proves the harness: a right engine loses nothing in any state, and each planted bug is found.
@Suite("Toy engine under crashes", .timeLimit(.minutes(10)))
struct ToyEngineCrashTests {
    private struct Verdict {
        var tally = CrashTally()
        var lossCount = 0
        var wrongByteCount = 0

        var isClean: Bool { lossCount == 0 && wrongByteCount == 0 }
    }

    private func run(_ engine: ToyEngine, seed: UInt64, batches: Int = 20) throws {
        var random = SeededGenerator(seed: seed)
        var message = seed * 1_000_000
        for batch in 0..<batches {
            for _ in 0...random.below(3) {
                let count = 1 + random.below(6)
                try engine.append((0..<count).map { message + UInt64($0) * 67 + 1 })
                message += 1_000
            }
            try engine.commit()
            if batch % 5 == 4 { try engine.checkpoint(UInt64(batch)) }
        }
    }

    private func judge(
        _ disk: SimulatedFileSystem,
        _ model: CrashModel,
        seed: UInt64,
        skipsChecksum: Bool = false,
        visit: (DiskImage, [Mark]) throws -> Void = { _, _ in }
    ) throws -> Verdict {
        var verdict = Verdict()
        var random = SeededGenerator(seed: seed)
        let log = disk.log
        verdict.tally = try CrashStates(of: disk).visit(model, random: &random) { image, count in
            let marks = log.marks(upTo: count)
            let found = try ToyEngine.recover(
                SimulatedFileSystem(image: image),
                skipsChecksum: skipsChecksum
            )
            if !Self.keepsPromises(found, marks) { verdict.lossCount += 1 }
            if found.hasWrongBytes { verdict.wrongByteCount += 1 }
            try visit(image, marks)
        }
        return verdict
    }

    private static func keepsPromises(_ found: ToyEngine.Recovery, _ marks: [Mark]) -> Bool {
        marks.allSatisfy { mark in
            mark.kind == ToyEngine.acknowledged
                ? found.messages.contains(mark.subject) : found.checkpoint >= mark.subject
        }
    }

    @Test(arguments: CrashModel.allCases, 1...UInt64(5))
    func losesNothingWhenRight(model: CrashModel, seed: UInt64) throws {
        let disk = SimulatedFileSystem()
        try run(try ToyEngine(disk, on: disk), seed: seed)

        let verdict = try judge(disk, model, seed: seed)

        #expect(verdict.isClean)
        #expect(verdict.tally.distinctStates > 100)
    }

    @Test(arguments: [
        ToyEngine.Bugs.acknowledgesBeforeSync, .skipsDirectorySync, .forgetsRolledSegment,
    ])
    func findsTheEnginesOwnBugs(bug: ToyEngine.Bugs) throws {
        let disk = SimulatedFileSystem()
        try run(try ToyEngine(disk, on: disk, bugs: bug), seed: 1)

        #expect(try judge(disk, .powerLoss, seed: 1).lossCount > 0)
    }

    @Test func findsAMissingChecksum() throws {
        let disk = SimulatedFileSystem()
        try run(try ToyEngine(disk, on: disk), seed: 1)

        #expect(try judge(disk, .powerLoss, seed: 1, skipsChecksum: true).wrongByteCount > 0)
    }

    @Test(arguments: [
        PlantedBugs.dropsDirectorySync, .dropsDataSync, .dropsSyncOfOlderSegments, .dropsLedgerSync,
        .tearsRename, .acknowledgesShortWrites,
    ])
    func findsBugsPlantedBelowTheEngine(bug: PlantedBugs) throws {
        let disk = SimulatedFileSystem()
        let engine = try ToyEngine(FaultyFileSystem(disk, bugs: bug), on: disk)
        try run(engine, seed: 1)

        #expect(try judge(disk, .powerLoss, seed: 1).lossCount > 0)
    }

    @Test(arguments: [PlantedBugs.tearsRename, .acknowledgesShortWrites])
    func findsBugsThatTheDeathOfTheProcessShows(bug: PlantedBugs) throws {
        let disk = SimulatedFileSystem()
        try run(try ToyEngine(FaultyFileSystem(disk, bugs: bug), on: disk), seed: 1)

        #expect(try judge(disk, .processDeath, seed: 1).lossCount > 0)
    }

    @Test(arguments: 0..<8)
    func losesNothingWhenASyncFails(skipped: Int) throws {
        let disk = SimulatedFileSystem()
        let engine = try ToyEngine(disk, on: disk)
        disk.inject(DiskFault(of: .synchronizeData, after: skipped, errno: EIO))

        #expect(throws: FileSystemError.self) { try run(engine, seed: 1) }

        #expect(try judge(disk, .powerLoss, seed: 1).isClean)
    }

    @Test func findsARetriedSync() throws {
        var lossCount = 0
        for skipped in 0..<8 {
            let disk = SimulatedFileSystem()
            let faulty = FaultyFileSystem(disk, bugs: .retriesFailedDataSync)
            let engine = try ToyEngine(faulty, on: disk)
            disk.inject(DiskFault(of: .synchronizeData, after: skipped, errno: EIO))
            try run(engine, seed: 1)
            lossCount += try judge(disk, .powerLoss, seed: 1).lossCount
        }

        #expect(lossCount > 0)
    }

    @Test func losesNothingWhenRecoveryCrashesToo() throws {
        let disk = SimulatedFileSystem()
        try run(try ToyEngine(disk, on: disk), seed: 3, batches: 4)
        var second = Verdict()

        let first = try judge(disk, .powerLoss, seed: 3) { image, marks in
            let recovering = SimulatedFileSystem(image: image)
            _ = try ToyEngine(recovering, on: recovering)
            var random = SeededGenerator(seed: 3)
            let tally = try CrashStates(of: recovering).visit(.powerLoss, random: &random) {
                image,
                _ in
                let found = try ToyEngine.recover(SimulatedFileSystem(image: image))
                if !Self.keepsPromises(found, marks) { second.lossCount += 1 }
            }
            second.tally = second.tally + tally
        }

        #expect(first.isClean && second.isClean)
        #expect(second.tally.states > first.tally.states)
    }

    @Test func losesNothingWhenThePowerFailsAfterTheProcessDied() throws {
        let disk = SimulatedFileSystem()
        try run(try ToyEngine(disk, on: disk), seed: 4, batches: 4)
        try run(try ToyEngine(disk, on: disk), seed: 5, batches: 4)

        #expect(try judge(disk, .powerLoss, seed: 4).isClean)
    }
}
