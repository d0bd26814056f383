import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

@Suite("Go export")
struct GoExportTests {
    /// What was imported and exported is imported as the same.
    @Test(arguments: [64, 1000, 104_857_600])
    func comesBackTheSame(fileBytes: Int) throws {
        var files = GoFiles.document(
            [GoFiles.topic("t", "a", "b!"), GoFiles.topic("p!", "c"), GoFiles.topic("alone")]
                .joined(separator: ",")
        )
        let a = (0..<50).map { GoFiles.record("a\($0)", UInt64($0), attempts: UInt16($0 % 3)) }
        files.merge(GoFiles.queue("t:a", a)) { $1 }
        files.merge(GoFiles.queue("t:b", [GoFiles.record("b")])) { $1 }
        files.merge(GoFiles.queue("t", [GoFiles.record("t")])) { $1 }
        files.merge(GoFiles.queue("p", [GoFiles.record("held")])) { $1 }
        files.merge(GoFiles.queue("alone", [GoFiles.record("alone")])) { $1 }
        let disk = SimulatedFileSystem(image: try DiskImage(files: files))
        try importAll(on: disk)
        let first = try Waiting(on: disk)

        let report = try export(from: disk, fileBytes: fileBytes)

        #expect(report.queues.reduce(0) { $0 + $1.messageCount } == 55)
        #expect(report.notes == [])
        let copy = MemoryFileSystem()
        try copy.makeDirectory("/data")
        for name in try disk.list("/out") {
            try disk.copy("/out/\(name)", to: "/data/\(name)", on: copy)
        }
        try importAll(on: copy)
        #expect(try Waiting(on: copy) == first)
        #expect(first.queues["t:a"]?.count == 51)
    }

    @Test func writesWhatTheOriginalWrites() throws {
        let records = [GoFiles.record("one", 0), GoFiles.record("two", 1, attempts: 2)]
        let files = GoFiles.queue("t:c", records)
            .merging(GoFiles.document(GoFiles.topic("t", "c!"))) { $1 }
        let disk = SimulatedFileSystem(image: try DiskImage(files: files))
        try importAll(on: disk)

        _ = try export(from: disk, fileBytes: 40)

        let names = try disk.list("/out").sorted()
        #expect(
            names == [
                "nsqd.dat", "t.diskqueue.meta.dat", "t:c.diskqueue.000000.dat",
                "t:c.diskqueue.000001.dat", "t:c.diskqueue.meta.dat",
            ]
        )
        #expect(try disk.text("/out/t.diskqueue.meta.dat") == "0\n0,0\n0,0\n")
        #expect(try disk.text("/out/t:c.diskqueue.meta.dat") == "2\n0,0\n1,33\n")
        #expect(
            try disk.text("/out/t:c.diskqueue.000000.dat")
                == String(decoding: records[0], as: UTF8.self)
        )
        #expect(
            try disk.text("/out/t:c.diskqueue.000001.dat")
                == String(decoding: records[1], as: UTF8.self)
        )
        #expect(
            try disk.text("/out/nsqd.dat") == #"{"topics":[{"name":"t","paused":false,"#
                + #""channels":[{"name":"c","paused":true}]}],"version":"1.3.0"}"#
        )
    }

    @Test func refusesADirectoryThatHoldsSomething() throws {
        let disk = MemoryFileSystem()
        try disk.makeDirectory("/out")
        _ = try disk.open("/out/mine", .createNew)

        let error = #expect(throws: DiskQueueError.self) {
            _ = try GoExport(to: "/out", in: disk)
        }

        #expect(error?.code == .unusable)
        #expect(try disk.list("/out") == ["mine"])
    }

    // MARK: -

    private func importAll(on disk: any FileSystem) throws {
        let node = try #require(NodeID(5))
        let configuration = StoreConfiguration(
            dataPath: "/data",
            fileSystem: disk,
            nodeID: node,
            time: ManualTime(),
            wasClean: true,
            mayHaveLostPower: false
        )
        _ = try GoTakeOver("/data", in: disk)
            .run(configuration, known: StoredMetadata(), options: GoImportOptions())
    }

    private func export(from disk: any FileSystem, fileBytes: Int) throws -> GoExport.Report {
        let store = try StoreInspection(
            dataPath: "/data",
            fileSystem: disk,
            stored: StoredMetadata(),
            marker: nil,
            holder: nil,
            nowMilliseconds: GoFiles.time / 1_000_000
        )
        var export = try GoExport(to: "/out", maximumFileBytes: fileBytes, in: disk)
        return try export.run(store)
    }
}

extension FileSystem {
    fileprivate func text(_ path: String) throws -> String {
        let file = try open(path, .readOnly)
        var bytes = [UInt8](repeating: 0, count: try file.size())
        _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    fileprivate func copy(_ path: String, to target: String, on other: any FileSystem) throws {
        let file = try open(path, .readOnly)
        var bytes = [UInt8](repeating: 0, count: try file.size())
        _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        let copy = try other.open(target, .createNew)
        try bytes.withUnsafeBytes { try copy.write($0, at: 0) }
    }
}
