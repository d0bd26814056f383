import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

@Suite("Simulated file system", .timeLimit(.minutes(10)))
struct SimulatedFileSystemTests {
    @Test func logsWhatMattersInOrder() throws {
        let disk = SimulatedFileSystem()
        try disk.makeDirectory("/d")
        let file = try disk.open("/d/a", .createIfMissing)
        try file.write([1, 2, 3], at: 0)
        _ = try file.bytes()
        try file.synchronizeData()
        disk.mark(Mark("acknowledged", 7))
        try file.truncate(to: 1)
        try disk.rename("/d/a", to: "/b")
        try disk.synchronizeDirectory("/d")
        try disk.remove("/b")
        try disk.removeDirectory("/d")

        #expect(
            disk.log.map(\.description) == [
                "mkdir #0/d = #1", "create #1/a = #2", "write #2 @0 +3", "sync #2",
                "mark acknowledged 7 0", "truncate #2 to 1", "rename #1/a to #0/b",
                "sync directory #1", "remove #0/b", "rmdir #0/d",
            ]
        )
        #expect(disk.log.marks(upTo: 4) == [])
        #expect(disk.log.marks(upTo: 5) == [Mark("acknowledged", 7)])
        #expect(disk.log.countBeforeLastOperation(of: 5) == 3)
    }

    @Test func startsFromAnImageAndLeavesItAlone() throws {
        let image = try DiskImage(files: ["/d/a": [1, 2], "/b": []])
        let disk = SimulatedFileSystem(image: image)

        try disk.open("/d/a", .readWrite).write([9], at: 1)
        try disk.remove("/b")

        #expect(image["/d/a"] == [1, 2])
        #expect(image.paths == ["/b", "/d/a"])
        #expect(disk.image["/d/a"] == [1, 9])
        #expect(disk.image.paths == ["/d/a"])
        #expect(disk.base.fingerprint == image.fingerprint)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5])
    func fingerprintFollowsEveryChange(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let disk = SimulatedFileSystem()
        var seen: [UInt64: [String: [UInt8]]] = [:]

        for _ in 0..<300 {
            let file = try disk.open("/\(random.below(3))", .createIfMissing)
            if random.below(4) == 0 {
                try file.truncate(to: random.below(60))
            } else {
                let bytes = (0..<random.below(40)).map { _ in UInt8(random.below(3)) }
                try file.write(bytes, at: random.below(50))
            }
            var rebuilt = disk.image
            var contents: [String: [UInt8]] = [:]
            for path in rebuilt.paths {
                contents[path] = rebuilt[path]
                rebuilt[path] = contents[path]
            }
            #expect(disk.image.fingerprint == rebuilt.fingerprint)
            #expect(seen.updateValue(contents, forKey: rebuilt.fingerprint) ?? contents == contents)
        }
    }

    @Test func failsTheCallThatIsAskedForOnce() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a.segment", .createNew)
        disk.inject(DiskFault(of: .write, after: 1, pathSuffix: ".segment", errno: EIO))

        try disk.open("/b", .createNew).write([1], at: 0)
        try file.write([1], at: 0)
        let failure = #expect(throws: FileSystemError.self) { try file.write([2], at: 1) }
        try file.write([3], at: 1)

        #expect(failure?.errno == EIO)
        #expect(try file.bytes() == [1, 3])
        #expect(disk.callCount == 8)
    }

    @Test func failsEveryLaterCallWhenSticky() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        disk.inject(DiskFault(of: [.write, .synchronizeData], errno: ENOSPC, isSticky: true))

        #expect(throws: FileSystemError.self) { try file.write([1], at: 0) }
        #expect(throws: FileSystemError.self) { try file.synchronizeData() }
        disk.removeFaults()
        try file.write([1], at: 0)

        #expect(disk.log.map(\.description).suffix(2) == ["failed sync #1", "write #1 @0 +1"])
    }

    @Test func writesAPartBeforeItFails() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        disk.inject(DiskFault(of: .write, errno: ENOSPC, writtenPart: .half))
        disk.inject(DiskFault(of: .write, after: 1, errno: ENOSPC, writtenPart: .bytes(9)))

        #expect(throws: FileSystemError.self) { try file.write([1, 2, 3, 4], at: 0) }
        try file.write([5], at: 2)
        #expect(throws: FileSystemError.self) { try file.write([6, 7], at: 3) }

        #expect(try file.bytes() == [1, 2, 5, 6])
        #expect(disk.log.count == 4)
    }
}
