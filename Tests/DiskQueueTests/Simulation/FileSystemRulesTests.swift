import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// A file system to try the rules on.
enum TriedFileSystem: CaseIterable {
    case memory
    case simulated
    case faultyWithoutBugs

    var disk: any FileSystem {
        switch self {
        case .memory: MemoryFileSystem()
        case .simulated: SimulatedFileSystem()
        case .faultyWithoutBugs: FaultyFileSystem(SimulatedFileSystem(), bugs: [])
        }
    }
}

@Suite("File system rules", .timeLimit(.minutes(10)))
struct FileSystemRulesTests {
    private func errno(_ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return 0
        } catch {
            return (error as? FileSystemError)?.errno ?? -1
        }
    }

    @Test(arguments: TriedFileSystem.allCases)
    func readsBackWhatWasWritten(tried: TriedFileSystem) throws {
        let file = try tried.disk.open("/a", .createNew)

        try file.write([1, 2, 3, 4], at: 0)
        try file.write([9, 8], at: 2)
        try file.write([7], at: 6)

        #expect(try file.bytes() == [1, 2, 9, 8, 0, 0, 7])
        #expect(try file.bytes(at: 5, count: 100) == [0, 7])
        #expect(try file.bytes(at: 7, count: 1) == [])
    }

    @Test(arguments: TriedFileSystem.allCases)
    func zeroesWhatATruncationCutOff(tried: TriedFileSystem) throws {
        let file = try tried.disk.open("/a", .createNew)
        try file.write([UInt8](repeating: 5, count: 40_000), at: 0)

        try file.truncate(to: 3)
        try file.truncate(to: 5)
        try file.write([1], at: 20_000)

        #expect(try file.size() == 20_001)
        #expect(try file.bytes(at: 0, count: 6) == [5, 5, 5, 0, 0, 0])
        #expect(try file.bytes(at: 19_998, count: 5) == [0, 0, 1])
    }

    @Test(arguments: TriedFileSystem.allCases)
    func opensAsTheModeSays(tried: TriedFileSystem) throws {
        let disk = tried.disk

        #expect(errno { _ = try disk.open("/a", .readOnly) } == ENOENT)
        #expect(errno { _ = try disk.open("/a", .readWrite) } == ENOENT)
        try disk.open("/a", .createIfMissing).write([1], at: 0)
        #expect(try disk.open("/a", .createIfMissing).bytes() == [1])
        #expect(errno { _ = try disk.open("/a", .createNew) } == EEXIST)
        #expect(errno { try disk.open("/a", .readOnly).write([2], at: 0) } == EBADF)
        #expect(errno { try disk.open("/a", .readOnly).truncate(to: 0) } == EBADF)
        #expect(errno { _ = try disk.open("/", .readOnly) } == EISDIR)
        #expect(errno { _ = try disk.open("/a/b", .createNew) } == ENOTDIR)
        #expect(errno { _ = try disk.open("/d/b", .createNew) } == ENOENT)
        #expect(errno { _ = try disk.open("/d/../b", .createNew) } == EINVAL)
        #expect(errno { try disk.open("/a", .readWrite).write([1], at: .max) } == EFBIG)
    }

    @Test(arguments: TriedFileSystem.allCases)
    func keepsRemovedAndReplacedFilesReadable(tried: TriedFileSystem) throws {
        let disk = tried.disk
        let first = try disk.open("/a", .createNew)
        try first.write([1], at: 0)
        let second = try disk.open("/b", .createNew)
        try second.write([2], at: 0)

        try disk.rename("/a", to: "/b")
        try disk.remove("/b")

        #expect(try first.bytes() == [1])
        #expect(try second.bytes() == [2])
        #expect(!disk.exists("/a") && !disk.exists("/b"))
    }

    @Test(arguments: TriedFileSystem.allCases)
    func renamesDirectoriesWithAllInThem(tried: TriedFileSystem) throws {
        let disk = tried.disk
        try disk.makeDirectory("/d")
        try disk.makeDirectory("/d/e")
        try disk.makeDirectory("/empty")
        try disk.open("/d/e/f", .createNew).write([3], at: 0)

        try disk.rename("/d", to: "/empty")

        #expect(try disk.bytes(of: "empty/./e/f") == [3])
        #expect(try disk.list("/").sorted() == ["empty"])
    }

    @Test(arguments: TriedFileSystem.allCases)
    func refusesWhatPosixRefuses(tried: TriedFileSystem) throws {
        let disk = tried.disk
        try disk.makeDirectory("/d")
        try disk.makeDirectory("/d")
        try disk.makeDirectory("/d/e")
        _ = try disk.open("/f", .createNew)

        #expect(errno { try disk.makeDirectory("/f") } == EEXIST)
        #expect(errno { try disk.makeDirectory("/x/y") } == ENOENT)
        #expect(errno { try disk.remove("/d") } == EISDIR)
        #expect(errno { try disk.remove("/x") } == ENOENT)
        #expect(errno { try disk.removeDirectory("/d") } == ENOTEMPTY)
        #expect(errno { try disk.removeDirectory("/f") } == ENOTDIR)
        #expect(errno { try disk.rename("/x", to: "/y") } == ENOENT)
        #expect(errno { try disk.rename("/f", to: "/d") } == EISDIR)
        #expect(errno { try disk.rename("/d", to: "/f") } == ENOTDIR)
        #expect(errno { try disk.rename("/d", to: "/d/e/g") } == EINVAL)
        #expect(errno { _ = try disk.list("/f") } == ENOTDIR)
        #expect(errno { try disk.synchronizeDirectory("/x") } == ENOENT)
        try disk.removeDirectory("/d/e")
        try disk.removeDirectory("/d")
        #expect(try disk.list("/") == ["f"])
    }

    @Test func memoryHoldsLargeFilesInPieces() throws {
        let file = try MemoryFileSystem().open("/a", .createNew)
        let block = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

        for index in 0..<40 { try file.write(block, at: index * block.count) }

        #expect(try file.size() == 4_000_000)
        #expect(try file.bytes(at: 2_300_000, count: block.count) == block)
        #expect(try file.bytes(at: 3_999_999, count: 10) == [block[99_999]])
    }
}
