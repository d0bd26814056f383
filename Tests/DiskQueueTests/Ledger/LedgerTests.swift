import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// Ledgers on disk: what comes back, and what damage may and may not do.
@Suite("Ledger", .timeLimit(.minutes(10)))
struct LedgerTests {
    private let disk = MemoryFileSystem()
    private static let start: UInt64 = 1 << 40

    private func ledger(on disk: any FileSystem) -> Ledger {
        Ledger(
            folder: "",
            header: LedgerHeader(
                topicID: 1,
                channelID: 7,
                channelName: "c",
                generation: 0,
                uuid: 77
            ),
            end: 0,
            fileSystem: disk,
            dirtied: { _ in }
        )
    }

    private func recover(
        _ disk: any FileSystem,
        topicID: UInt64 = 1,
        checkpoint: CheckpointRecord? = nil
    ) throws -> LedgerRecovery {
        try LedgerRecovery(
            path: "/7.ledger",
            topicID: topicID,
            member: Roster.Member(id: 7, name: "c", isPaused: false, startSequence: Self.start),
            checkpoint: checkpoint,
            fileSystem: disk
        )
    }

    // MARK: - Entries

    @Test(arguments: 0..<50)
    func entriesReadBack(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var entries = LedgerEntries()
        var wanted = ChannelState(start: Self.start)
        var found = ChannelState(start: Self.start)
        #expect(entries.isEmpty)
        for _ in 0..<generator.below(300) {
            let event = LedgerEvent.random(from: Self.start, using: &generator)
            event.note(in: &entries)
            event.apply(to: &wanted)
        }

        let payload = entries.take()
        #expect(entries.isEmpty)
        #expect(payload.withUnsafeBytes { LedgerEntries.apply($0, to: &found) })
        #expect(found.says(wanted))
        #expect(found.deliveredEnd == wanted.deliveredEnd)
    }

    @Test func consecutiveFinishesBecomeOneShortEntry() {
        var entries = LedgerEntries()
        for sequence in Self.start..<Self.start + 100_000 {
            entries.finished(sequence..<sequence + 1)
        }

        #expect(entries.take().count < 16)
    }

    @Test(arguments: 0..<200)
    func entriesThatAreNoneAreRefusedWithoutATrap(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let bytes = (0..<generator.below(40)).map { _ -> UInt8 in
            generator.below(3) == 0 ? 0xff : UInt8(generator.below(7))
        }
        var state = ChannelState(start: Self.start)
        _ = bytes.withUnsafeBytes { LedgerEntries.apply($0, to: &state) }
        #expect(state.ackFloor >= Self.start)
    }

    // MARK: - Files

    @Test(arguments: 0..<20)
    func whatWasFlushedComesBackAcrossCheckpoints(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let ledger = ledger(on: disk)
        var wanted = ChannelState(start: Self.start)
        for _ in 0..<100 {
            for _ in 0..<generator.below(20) {
                let event = LedgerEvent.random(from: Self.start, using: &generator)
                event.note(in: ledger)
                event.apply(to: &wanted)
            }
            switch generator.below(10) {
            case 0: break
            case 1:
                ledger.cut()
                let state = wanted
                // Noted while the checkpoint is being written.
                for _ in 0..<generator.below(5) {
                    let event = LedgerEvent.random(from: Self.start, using: &generator)
                    event.note(in: ledger)
                    event.apply(to: &wanted)
                    if generator.below(3) == 0 { try ledger.flush() }
                }
                _ = try ledger.install(state)
            default: try ledger.flush()
            }
        }
        try ledger.flush()

        let recovery = try recover(disk)
        #expect(recovery.state.says(wanted))
        #expect(recovery.damagedBytes == 0)
        #expect(recovery.notes.isEmpty)
    }

    @Test func aFailedFlushKeepsItsEntriesForTheNext() throws {
        let disk = SimulatedFileSystem()
        let ledger = ledger(on: disk)
        ledger.finished(Self.start..<Self.start + 1)
        try ledger.flush()
        disk.inject(DiskFault(of: .write, errno: ENOSPC, isSticky: true, writtenPart: .half))
        ledger.finished(Self.start + 1..<Self.start + 2)
        #expect(throws: DiskQueueError.self) { try ledger.flush() }
        ledger.finished(Self.start + 5..<Self.start + 6)
        #expect(throws: DiskQueueError.self) { try ledger.flush() }
        disk.removeFaults()
        try ledger.flush()

        let state = try recover(disk).state
        #expect(state.ackFloor == Self.start + 2)
        #expect(state.isFinished(Self.start + 5))
    }

    @Test(arguments: 0..<12)
    func aFailedCheckpointLosesNothing(skipped: Int) throws {
        let disk = SimulatedFileSystem()
        let ledger = ledger(on: disk)
        var state = ChannelState(start: Self.start)
        ledger.finished(Self.start..<Self.start + 3)
        state.finish(Self.start..<Self.start + 3)
        try ledger.flush()
        ledger.requeued(Self.start + 4, attempts: 3, isTimeout: false)
        state.requeue(Self.start + 4, ChannelState.Redelivery(attempts: 3))
        disk.inject(DiskFault(of: .all, after: skipped, errno: EIO))
        for _ in 0..<2 {
            ledger.cut()
            let taken = state
            ledger.finished(Self.start + 6..<Self.start + 7)
            state.finish(Self.start + 6..<Self.start + 7)
            _ = try? ledger.install(taken)
            ledger.finished(Self.start + 8..<Self.start + 9)
            state.finish(Self.start + 8..<Self.start + 9)
        }
        disk.removeFaults()
        try ledger.flush()

        #expect(try recover(disk).state.says(state))
    }

    @Test func checkpointsThatAllFailLoseNothingThatWasNoted() throws {
        let disk = SimulatedFileSystem()
        let ledger = ledger(on: disk)
        disk.inject(DiskFault(of: .open, errno: ENOSPC, isSticky: true))
        var state = ChannelState(start: Self.start)
        for round in 0..<3 as Range<UInt64> {
            let range = Self.start + 2 * round..<Self.start + 2 * round + 1
            ledger.finished(range)
            state.finish(range)
            ledger.cut()
            #expect(throws: DiskQueueError.self) { try ledger.install(state) }
        }
        disk.removeFaults()
        try ledger.flush()

        #expect(try recover(disk).state.says(state))
    }

    // MARK: - Damage

    /// A ledger with a checkpoint and several blocks, and what it says.
    private func sample(generation: Bool) throws -> (bytes: [UInt8], state: ChannelState) {
        var generator = SeededGenerator(seed: 11)
        let ledger = ledger(on: disk)
        var state = ChannelState(start: Self.start)
        for round in 0..<8 {
            let next = Self.start + UInt64(round)
            let random = (0..<4).map { _ in
                LedgerEvent.random(from: Self.start, using: &generator)
            }
            for event in random + [.finished(next..<next + 1)] {
                event.note(in: ledger)
                event.apply(to: &state)
            }
            try ledger.flush()
            if generation, round == 3 {
                ledger.cut()
                _ = try ledger.install(state)
            }
        }
        return (try disk.bytes(of: "/7.ledger"), state)
    }

    @Test(arguments: [false, true])
    func damageAtAnyByteNeverFinishesAMessage(generation: Bool) throws {
        let (bytes, state) = try sample(generation: generation)
        var changed = 0
        for offset in bytes.indices {
            for mask in [0x01, 0x80, 0xff] as [UInt8] {
                var damaged = bytes
                damaged[offset] ^= mask
                let image = try DiskImage(files: ["/7.ledger": damaged])
                do {
                    let found = try recover(SimulatedFileSystem(image: image))
                    try #require(found.state.isWithin(state), "byte \(offset)")
                    if !found.notes.isEmpty || found.end < bytes.count { changed += 1 }
                } catch let error as DiskQueueError {
                    try #require(error.code == .unsupportedVersion && (8..<12).contains(offset))
                    changed += 1
                }
            }
        }
        // Damage that is not noticed would be a format with bytes that mean nothing.
        #expect(changed == bytes.count * 3)
    }

    @Test(arguments: [false, true])
    func aCutAtAnyByteKeepsTheBlocksBeforeIt(generation: Bool) throws {
        let (bytes, state) = try sample(generation: generation)
        var floors: Set<UInt64> = []
        for count in 0..<bytes.count {
            let image = try DiskImage(files: ["/7.ledger": Array(bytes[..<count])])
            let found = try recover(SimulatedFileSystem(image: image))
            try #require(found.state.isWithin(state), "cut at \(count)")
            try #require(found.end <= count)
            floors.insert(found.state.ackFloor)
        }
        #expect(try recover(disk).state.says(state))
        #expect(floors.count > 1)
    }

    @Test func aDamagedBlockCostsOnlyItself() throws {
        let ledger = ledger(on: disk)
        var ends: [Int] = []
        for round in 0..<5 as Range<UInt64> {
            ledger.finished(Self.start + 10 * round..<Self.start + 10 * round + 5)
            try ledger.flush()
            ends.append(try disk.bytes(of: "/7.ledger").count)
        }
        var bytes = try disk.bytes(of: "/7.ledger")
        bytes[ends[2] - 1] ^= 0x10
        let found = try recover(SimulatedFileSystem(image: DiskImage(files: ["/7.ledger": bytes])))

        #expect(found.damagedBytes == ends[2] - ends[1])
        #expect(!found.state.isFinished(Self.start + 20))
        for round in [0, 1, 3, 4] as [UInt64] {
            #expect(found.state.isFinished(Self.start + 10 * round + 4))
        }
    }

    @Test func aDamagedCheckpointFallsBackToTheMetadata() throws {
        let ledger = ledger(on: disk)
        var state = ChannelState(start: Self.start)
        state.finish(Self.start..<Self.start + 50)
        ledger.cut()
        let generation = try ledger.install(state)
        ledger.finished(Self.start + 60..<Self.start + 61)
        try ledger.flush()
        var bytes = try disk.bytes(of: "/7.ledger")
        bytes[LedgerFormat.headerBytes + LedgerFormat.blockHeaderBytes] ^= 1
        let image = try DiskImage(files: ["/7.ledger": bytes])
        let record = CheckpointRecord(
            topicID: 1,
            channelID: 7,
            generation: generation,
            ackFloor: state.ackFloor,
            state: state.encoded(),
            takenMilliseconds: 0
        )

        let alone = try recover(SimulatedFileSystem(image: image))
        #expect(alone.state.ackFloor == Self.start)
        #expect(alone.state.isFinished(Self.start + 60))
        let helped = try recover(SimulatedFileSystem(image: image), checkpoint: record)
        #expect(helped.state.ackFloor == Self.start + 50)
        #expect(helped.state.isFinished(Self.start + 60))
        let none = try recover(MemoryFileSystem(), checkpoint: record)
        #expect(none.state.ackFloor == Self.start + 50)
        #expect(try recover(MemoryFileSystem()).state.ackFloor == Self.start)
    }

    @Test func blocksOfAnotherLedgerOrPlaceAreNotBelieved() throws {
        let (bytes, _) = try sample(generation: false)
        var entries = LedgerEntries()
        entries.finished(Self.start..<Self.start + 1_000_000)
        let payload = entries.take()
        let block = LedgerBlock(kind: .entries, payload: payload)
        let strange = [
            block.encoded(uuid: 78, at: bytes.count), block.encoded(uuid: 77, at: bytes.count + 1),
        ]
        for tail in strange {
            let image = try DiskImage(files: ["/7.ledger": bytes + tail])
            let found = try recover(SimulatedFileSystem(image: image))
            #expect(found.state.says(try recover(disk).state))
        }
        let own = bytes + block.encoded(uuid: 77, at: bytes.count)
        let image = try DiskImage(files: ["/7.ledger": own])
        #expect(
            try recover(SimulatedFileSystem(image: image)).state.ackFloor == Self.start + 1_000_000
        )
    }
}
