import DiskQueue
import DiskQueueTesting
import Foundation
import NSQCore
import Testing

@Suite("nsqd.dat file")
struct NSQDDatFileTests {
    @Test func isMissingAtFirst() throws {
        #expect(try NSQDDatFile(dataPath: "", fileSystem: SimulatedFileSystem()).read() == nil)
    }

    @Test func readsBackWhatItWrote() throws {
        let disk = SimulatedFileSystem()
        let file = NSQDDatFile(dataPath: "", fileSystem: disk)
        try file.write(document("a"))
        try file.write(document("b"))

        #expect(try file.read()?.document == document("b"))
        #expect(try disk.list("/") == ["nsqd.dat"])
    }

    @Test func writesOnTheRealFileSystem() throws {
        let directory = try TemporaryDirectory()
        let file = NSQDDatFile(dataPath: directory.path, fileSystem: PosixFileSystem())
        try file.write(document("a"))

        #expect(directory.contents("nsqd.dat") == Array(document("a").text.utf8))
        #expect(try directory.permissions("nsqd.dat") == 0o600)
        #expect(try PosixFileSystem().list(directory.path) == ["nsqd.dat"])
    }

    /// After a crash the old document or the new one is there, whole; once written, the new one.
    @Test(arguments: CrashModel.allCases)
    func neverMixesTwoDocuments(model: CrashModel) throws {
        let base = try DiskImage(files: ["nsqd.dat": Array(document("old").text.utf8)])
        let disk = SimulatedFileSystem(image: base)
        try NSQDDatFile(dataPath: "", fileSystem: disk).write(document("new"))
        disk.mark(Mark("written"))

        var random = SeededGenerator(seed: 7)
        let tally = try CrashStates(of: disk).visit(model, random: &random) { image, count in
            let crashed = SimulatedFileSystem(image: image)
            let file = NSQDDatFile(dataPath: "", fileSystem: crashed)
            let found = try file.read()?.document
            let isWritten = !disk.log.marks(upTo: count).isEmpty
            #expect(found == document("new") || (found == document("old") && !isWritten))
            try file.removeLeftovers()
            #expect(try crashed.list("/") == ["nsqd.dat"])
        }

        #expect(tally.distinctStates > 1)
    }

    @Test func keepsTheOldDocumentWhateverFails() throws {
        let base = try DiskImage(files: ["nsqd.dat": Array(document("old").text.utf8)])
        var failures = 0
        while true {
            let disk = SimulatedFileSystem(image: base)
            disk.inject(DiskFault(of: .all, after: failures, errno: EIO))
            let file = NSQDDatFile(dataPath: "", fileSystem: disk)
            do {
                try file.write(document("new"))
                break
            } catch {
                #expect(error.code == .io)
                disk.removeFaults()
                let found = try file.read()?.document
                #expect(found == document("old") || found == document("new"))
                try file.write(document("next"))
                #expect(try file.read()?.document == document("next"))
            }
            failures += 1
        }

        #expect(failures >= 5)
    }

    @Test func reportsAFullDisk() throws {
        let disk = SimulatedFileSystem()
        disk.inject(DiskFault(of: .write, errno: ENOSPC, writtenPart: .half))
        let file = NSQDDatFile(dataPath: "", fileSystem: disk)

        let error = #expect(throws: DiskQueueError.self) { try file.write(document("new")) }

        #expect(error?.code == .noSpace)
        #expect(try disk.list("/") == [])
    }

    @Test func writesBesideLeftoversAndRemovesOnlyThose() throws {
        let names = [
            "nsqd.dat.0.tmp", "nsqd.dat.1.tmp", "nsqd.dat.123456789.tmp", "nsqd.dat.tmp",
            "nsqd.dat.x.tmp", "nsqd.dat.1.tmp.save", "t.diskqueue.meta.dat.7.tmp",
        ]
        let image = try DiskImage(
            files: Dictionary(uniqueKeysWithValues: names.map { ($0, Array("x".utf8)) })
        )
        let disk = SimulatedFileSystem(image: image)
        let file = NSQDDatFile(dataPath: "", fileSystem: disk)

        try file.write(document("new"))
        #expect(try disk.list("/").count == names.count + 1)
        try file.removeLeftovers()

        #expect(try disk.list("/").sorted() == (names[3...] + ["nsqd.dat"]).sorted())
    }

    @Test func namesTheFileThatItCannotParse() throws {
        let image = try DiskImage(files: ["/data/nsqd.dat": Array("x".utf8)])
        let file = NSQDDatFile(dataPath: "/data", fileSystem: SimulatedFileSystem(image: image))

        let error = #expect(throws: DiskQueueError.self) { try file.read() }

        #expect(error?.code == .corrupt)
        #expect(error?.message.hasPrefix("failed to parse metadata in /data/nsqd.dat - ") == true)
    }

    private func document(_ name: String) -> NSQDDat {
        NSQDDat(
            topics: TopicName(name).map {
                [NSQDDat.Topic(name: $0, isPaused: false, channels: [])]
            } ?? []
        )
    }
}
