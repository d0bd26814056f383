import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

@Suite("Crash states", .timeLimit(.minutes(10)))
struct CrashStatesTests {
    /// Every different outcome for one path, of a crash after the whole of `disk`'s log; nil
    /// stands for no file.
    private func outcomes(
        _ disk: SimulatedFileSystem,
        of path: String,
        options: CrashOptions = CrashOptions()
    ) -> Set<[UInt8]?> {
        var random = SeededGenerator(seed: 1)
        var found: Set<[UInt8]?> = []
        // A last mark makes the states of the last crash point differ from all before.
        disk.mark(Mark("end"))
        let log = disk.log
        CrashStates(log: log, base: disk.base, options: options)
            .visit(.powerLoss, random: &random) { image, operationCount in
                if operationCount == log.count { found.insert(image[path]) }
            }
        return found
    }

    private func block(_ value: UInt8, _ count: Int = 512) -> [UInt8] {
        [UInt8](repeating: value, count: count)
    }

    @Test func tearsUnsynchronizedDataAtSectors() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: ["/a": block(1, 1_024)]))
        try disk.open("/a", .readWrite).write(block(2, 600), at: 300)

        #expect(
            outcomes(disk, of: "/a") == [
                block(1, 1_024),
                block(1, 300) + block(2, 212) + block(1),
                block(1) + block(2, 388) + block(1, 124),
                block(1, 300) + block(2, 600) + block(1, 124),
            ]
        )
    }

    @Test func persistsASizeApartFromTheBytes() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: ["/a": [1]]))
        try disk.open("/a", .readWrite).write([2, 3], at: 1)

        #expect(outcomes(disk, of: "/a") == [[1], [1, 0, 0], [1, 2, 3]])
    }

    @Test func keepsWhatWasSynchronized() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: ["/a": [1]]))
        let file = try disk.open("/a", .readWrite)
        try file.write([2, 3], at: 1)
        try file.synchronizeData()

        #expect(outcomes(disk, of: "/a") == [[1, 2, 3]])
    }

    @Test func keepsATruncationPending() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: ["/a": [1, 2, 3]]))
        let file = try disk.open("/a", .readWrite)
        try file.truncate(to: 1)
        try file.write([9], at: 1)

        #expect(
            outcomes(disk, of: "/a") == [[1, 2, 3], [1, 9, 3], [1], [1, 0], [1, 9]]
        )
    }

    @Test func forgetsNamesUntilTheDirectoryIsSynchronized() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try file.write([1], at: 0)
        try file.synchronizeData()
        #expect(outcomes(disk, of: "/a") == [nil, [1]])

        try disk.synchronizeDirectory("/")
        #expect(outcomes(disk, of: "/a") == [[1]])

        try disk.remove("/a")
        #expect(outcomes(disk, of: "/a") == [nil, [1]])
    }

    @Test func leavesANamedFileEmptyWhenItsDataWasNotSynchronized() throws {
        let disk = SimulatedFileSystem()
        try disk.open("/a", .createNew).write([1], at: 0)
        try disk.synchronizeDirectory("/")

        #expect(outcomes(disk, of: "/a") == [[], [0], [1]])
    }

    @Test func losesADirectoryWhoseParentWasNotSynchronized() throws {
        let disk = SimulatedFileSystem()
        try disk.makeDirectory("/topics")
        try disk.synchronizeDirectory("/")
        try disk.makeDirectory("/topics/1")
        let file = try disk.open("/topics/1/a", .createNew)
        try file.write([1], at: 0)
        try file.synchronizeData()
        try disk.synchronizeDirectory("/topics/1")
        #expect(outcomes(disk, of: "/topics/1/a") == [nil, [1]])

        try disk.synchronizeDirectory("/topics")
        #expect(outcomes(disk, of: "/topics/1/a") == [[1]])
    }

    @Test func replacesAtomicallyByRename() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: ["/a": [1], "/t": [2]]))
        try disk.rename("/t", to: "/a")

        #expect(outcomes(disk, of: "/a") == [[1], [2]])
        #expect(outcomes(disk, of: "/t") == [[2], nil])
    }

    @Test(arguments: ["/from", "/to"])
    func renamesAcrossDirectoriesAsOneChange(synchronized: String) throws {
        let disk = SimulatedFileSystem(
            image: try DiskImage(files: ["/from/a": [1], "/to/b": [2]])
        )
        try disk.rename("/from/a", to: "/to/b")
        var random = SeededGenerator(seed: 1)
        CrashStates(of: disk).visit(.powerLoss, random: &random) { image, _ in
            #expect((image["/from/a"] == nil) == (image["/to/b"] == [1]))
        }

        try disk.synchronizeDirectory(synchronized)
        #expect(outcomes(disk, of: "/to/b") == [[1]])
        #expect(outcomes(disk, of: "/from/a") == [nil])
    }

    @Test func ordersChangesOfOneNameOnly() throws {
        let disk = SimulatedFileSystem()
        _ = try disk.open("/a", .createNew)
        _ = try disk.open("/b", .createNew)
        try disk.rename("/b", to: "/c")

        var listings: Set<[String]> = []
        var random = SeededGenerator(seed: 1)
        CrashStates(of: disk).visit(.powerLoss, random: &random) { image, _ in
            listings.insert(image.paths)
        }
        #expect(
            listings == [[], ["/a"], ["/b"], ["/c"], ["/a", "/b"], ["/a", "/c"]]
        )
    }

    @Test func keepsDataInDoubtAfterAFailedSynchronize() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: ["/a": block(1)]))
        let file = try disk.open("/a", .readWrite)
        try file.write(block(2), at: 0)
        disk.inject(DiskFault(of: .synchronizeData, errno: EIO))
        #expect(throws: FileSystemError.self) { try file.synchronizeData() }
        try file.synchronizeData()
        #expect(outcomes(disk, of: "/a") == [block(1), block(2)])

        try file.write([3], at: 0)
        try file.synchronizeData()
        #expect(outcomes(disk, of: "/a") == [[3] + block(2, 511)])
    }

    @Test func showsTheEarlierContentsOfARecycledFile() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: ["/free": block(1, 1_024)]))
        try disk.rename("/free", to: "/next")
        try disk.synchronizeDirectory("/")
        try disk.open("/next", .readWrite).write(block(2, 1_024), at: 0)

        #expect(
            outcomes(disk, of: "/next") == [
                block(1, 1_024), block(2) + block(1), block(1) + block(2), block(2, 1_024),
            ]
        )
    }

    @Test func keepsEarlierWritesOfASectorWhenAskedTo() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: ["/a": [0, 0]]))
        let file = try disk.open("/a", .readWrite)
        try file.write([1], at: 0)
        try file.write([2], at: 1)
        #expect(outcomes(disk, of: "/a") == [[0, 0], [1, 0], [0, 2], [1, 2]])

        var options = CrashOptions()
        options.keepsOrderWithinSector = true
        #expect(outcomes(disk, of: "/a", options: options) == [[0, 0], [1, 0], [1, 2]])
    }

    @Test func samplesWhatIsTooMuchToExhaust() throws {
        let disk = SimulatedFileSystem(
            image: try DiskImage(files: ["/a": block(0, 512 * 100), "/b": block(0, 512)])
        )
        try disk.open("/a", .readWrite).write(block(1, 512 * 100), at: 0)
        try disk.open("/b", .readWrite).write(block(1), at: 0)
        for index in 0..<12 { _ = try disk.open("/new\(index)", .createNew) }
        var options = CrashOptions()
        options.prefixLimit = 200
        options.omissionLimit = 200
        var random = SeededGenerator(seed: 1)
        var pieces: Set<Int> = []
        var lastState: DiskImage?

        let tally = CrashStates(of: disk, options: options)
            .visit(.powerLoss, random: &random) { image, _ in
                let bytes = image["/a"] ?? []
                pieces.insert(
                    stride(from: 0, to: bytes.count, by: 512).filter { bytes[$0] == 1 }.count
                )
                lastState = image
            }

        #expect(pieces.isSuperset(of: 0...100))
        #expect(tally.crashPoints == 15)
        #expect(tally.distinctStates > 500)
        #expect(tally.states == tally.distinctStates)
        #expect(lastState != nil)
    }

    @Test func cutsTheWriteDuringWhichAProcessDies() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try file.write(block(1, 1_000), at: 100)
        disk.mark(Mark("acknowledged", 1))
        try disk.rename("/a", to: "/b")
        var random = SeededGenerator(seed: 1)
        var sizes: [Int] = []
        var counts: [Int] = []

        let tally = CrashStates(of: disk).visit(.processDeath, random: &random) { image, count in
            sizes.append((image["/a"] ?? image["/b"])?.count ?? -1)
            counts.append(count)
        }

        #expect(sizes.prefix(2) == [-1, 0])
        #expect(sizes.suffix(2) == [1_100, 1_100])
        #expect(Set(sizes).isSuperset(of: [512, 1_024]))
        #expect(Set(sizes).count == 9)
        #expect(sizes == sizes.sorted())
        #expect(counts.suffix(3) == [1, 3, 4])
        #expect(tally == tally + CrashTally())
        #expect(tally.crashPoints == 4)
    }

    @Test func isTheSameForTheSameSeed() throws {
        func fingerprints(_ seed: UInt64) throws -> [UInt64] {
            let disk = SimulatedFileSystem()
            for index in 0..<6 {
                try disk.open("/\(index)", .createNew).write(block(1, 900), at: 0)
            }
            var random = SeededGenerator(seed: seed)
            var found: [UInt64] = []
            CrashStates(of: disk).visit(.powerLoss, random: &random) { image, _ in
                found.append(image.fingerprint)
            }
            return found
        }

        #expect(try fingerprints(1) == fingerprints(1))
        #expect(try fingerprints(1) != fingerprints(2))
        #expect(Set(try fingerprints(1)).count == (try fingerprints(1)).count)
    }
}
