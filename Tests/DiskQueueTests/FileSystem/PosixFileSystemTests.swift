import DiskQueue
import DiskQueueTesting
import Foundation
import Testing

@Suite("Posix file system")
struct PosixFileSystemTests {
    private let directory: TemporaryDirectory
    private let disk = PosixFileSystem()

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func readsBackWhatWasWrittenAtAnOffset() throws {
        let file = try disk.open(directory.path("a"), .createNew)
        try Array("world".utf8).withUnsafeBytes { try file.write($0, at: 6) }
        try Array("hello ".utf8).withUnsafeBytes { try file.write($0, at: 0) }

        #expect(try read(file, 100, at: 0) == Array("hello world".utf8))
        #expect(try read(file, 3, at: 6) == Array("wor".utf8))
        #expect(try read(file, 3, at: 11) == [])
        #expect(try file.size() == 11)
    }

    @Test func refusesAPipeAndDoesNotWaitForIt() throws {
        #expect(mkfifo(directory.path("pipe"), 0o600) == 0)
        #expect(throws: FileSystemError.self) {
            _ = try disk.open(directory.path("pipe"), .readOnly)
        }
        #expect(throws: FileSystemError.self) {
            _ = try disk.open(directory.path("pipe"), .readWrite)
        }
    }

    @Test func cutsAndExtendsAFile() throws {
        let file = try disk.open(directory.path("a"), .createIfMissing)
        try Array("hello".utf8).withUnsafeBytes { try file.write($0, at: 0) }
        try file.truncate(to: 2)
        try file.truncate(to: 4)
        try file.synchronizeData()

        #expect(try read(file, 9, at: 0) == Array("he\0\0".utf8))
    }

    @Test func opensByMode() throws {
        let path = directory.path("a")
        #expect(errno(of: { _ = try disk.open(path, .readOnly) }) == ENOENT)
        #expect(errno(of: { _ = try disk.open(path, .readWrite) }) == ENOENT)
        _ = try disk.open(path, .createNew)
        #expect(errno(of: { _ = try disk.open(path, .createNew) }) == EEXIST)
        _ = try disk.open(path, .createIfMissing)
        let file = try disk.open(path, .readOnly)
        let write = { try Array("x".utf8).withUnsafeBytes { try file.write($0, at: 0) } }
        #expect(errno(of: write) == EBADF)
    }

    @Test func keepsFilesAndDirectoriesToTheirOwner() throws {
        _ = try disk.open(directory.path("file"), .createNew)
        try disk.makeDirectory(directory.path("folder"))

        #expect(try directory.permissions("file") == 0o600)
        #expect(try directory.permissions("folder") == 0o700)
    }

    @Test func refusesASymbolicLinkInPlaceOfAFile() throws {
        try directory.write("secret".utf8, to: "target")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("link"),
            withDestinationPath: directory.path("target")
        )

        #expect(errno(of: { _ = try disk.open(directory.path("link"), .readWrite) }) == ELOOP)
        #expect(disk.exists(directory.path("link")))
    }

    @Test func closesTheDescriptorWithTheLastReference() throws {
        let path = directory.path("a")
        var file: (any File)? = try disk.open(path, .createNew)
        #expect(descriptors(of: path).count == 1)
        #expect(try file?.size() == 0)

        file = nil

        #expect(descriptors(of: path).isEmpty)
    }

    @Test func hidesDescriptorsFromOtherPrograms() throws {
        let path = directory.path("a")
        let file = try disk.open(path, .createNew)
        let number = try #require(descriptors(of: path).first)

        let flags = try String(contentsOfFile: "/proc/self/fdinfo/\(number)", encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("flags:") }?
            .split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0, radix: 8) }

        #expect((flags ?? 0) & O_CLOEXEC != 0)
        #expect(try file.size() == 0)
    }

    @Test func makesADirectoryOnceAndRefusesAFileInItsPlace() throws {
        try disk.makeDirectory(directory.path("d"))
        try disk.makeDirectory(directory.path("d"))
        _ = try disk.open(directory.path("f"), .createNew)

        #expect(errno(of: { try disk.makeDirectory(directory.path("f")) }) == ENOTDIR)
    }

    @Test func listsNamesWithoutTheDots() throws {
        _ = try disk.open(directory.path("f"), .createNew)
        try disk.makeDirectory(directory.path("d"))
        let long = String(repeating: "n", count: 255)
        _ = try disk.open(directory.path(long), .createNew)

        #expect(try disk.list(directory.path).sorted() == ["d", "f", long])
        #expect(errno(of: { _ = try disk.list(directory.path("none")) }) == ENOENT)
    }

    @Test func renamesOverAnExistingFile() throws {
        try directory.write("new".utf8, to: "a")
        try directory.write("old".utf8, to: "b")

        try disk.rename(directory.path("a"), to: directory.path("b"))
        try disk.synchronizeDirectory(directory.path)

        #expect(try directory.listing() == ["b": Array("new".utf8)])
    }

    @Test func removesFilesAndEmptyDirectories() throws {
        _ = try disk.open(directory.path("f"), .createNew)
        try disk.makeDirectory(directory.path("d"))
        try disk.remove(directory.path("f"))
        try disk.removeDirectory(directory.path("d"))

        #expect(try disk.list(directory.path) == [])
        #expect(errno(of: { try disk.remove(directory.path("f")) }) == ENOENT)
    }

    @Test func saysThatTheDiskIsFull() throws {
        let file = try disk.open("/dev/full", .readWrite)

        let error = #expect(throws: FileSystemError.self) {
            try Array("x".utf8).withUnsafeBytes { try file.write($0, at: 0) }
        }

        #expect(error == FileSystemError(operation: "write", path: "/dev/full", errno: ENOSPC))
    }

    @Test func reportsAFailedRead() throws {
        let file = try disk.open(directory.path, .readOnly)

        #expect(errno(of: { _ = try read(file, 8, at: 0) }) == EISDIR)
    }

    @Test func tellsTheFreeBytes() throws {
        #expect(try disk.freeBytes(directory.path) > 0)
        #expect(errno(of: { _ = try disk.freeBytes(directory.path("none")) }) == ENOENT)
    }

    private func read(_ file: any File, _ count: Int, at offset: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xff, count: count)
        let filled = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
        return Array(bytes.prefix(filled))
    }

    private func errno(of body: () throws -> Void) -> Int32? {
        do {
            try body()
            return nil
        } catch {
            return (error as? FileSystemError)?.errno
        }
    }

    private func descriptors(of path: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return all.filter { number in
            let link = "/proc/self/fd/\(number)"
            return (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == path
        }
    }
}
