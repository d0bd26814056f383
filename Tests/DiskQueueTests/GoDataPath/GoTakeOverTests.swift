import DiskQueue
import DiskQueueTesting
import Foundation
import NSQCore
import Testing

@Suite("Go take-over")
struct GoTakeOverTests {
    /// A data path with all that one can hold.
    private static func example() -> [String: [UInt8]] {
        let first = Array([GoFiles.record("a0", 0), GoFiles.record("a1", 1)].joined())
        let second = GoFiles.record("a2", 2, attempts: 3)
        var files = GoFiles.document(
            [
                GoFiles.topic("orders", "a", "b!", "empty"), GoFiles.topic("held!", "c"),
                GoFiles.topic("alone"), GoFiles.topic(".."),
            ].joined(separator: ",")
        )
        files["/data/orders:a.diskqueue.000003.dat"] = first
        files["/data/orders:a.diskqueue.000004.dat"] = second
        files["/data/orders:a.diskqueue.meta.dat"] = GoFiles.meta(
            2,
            read: (3, first.count / 2),
            write: (4, second.count)
        )
        files["/data/orders:a.diskqueue.meta.dat.123.tmp"] = [1]
        files.merge(GoFiles.queue("orders:b", [GoFiles.record("b0", 9)])) { $1 }
        files.merge(GoFiles.queue("orders", [GoFiles.record("t0", 20)])) { $1 }
        files.merge(GoFiles.queue("held:c", [GoFiles.record("c0", 4, attempts: 1)])) { $1 }
        files.merge(GoFiles.queue("held", [GoFiles.record("h0", 5), GoFiles.record("h1", 6)])) {
            $1
        }
        files.merge(GoFiles.queue("alone", [GoFiles.record("x0", 7)])) { $1 }
        files.merge(GoFiles.queue("..", [GoFiles.record("dots", 7)])) { $1 }
        return files
    }

    private static let expected = Waiting(
        [
            "orders": [],
            "orders:a": [.init(body: "a1"), .init(body: "a2", attempts: 3), .init(body: "t0")],
            "orders:b": [.init(body: "b0"), .init(body: "t0")],
            "orders:empty": [.init(body: "t0")],
            "held": [.init(body: "h0"), .init(body: "h1")],
            "held:c": [.init(body: "c0", attempts: 1)],
            "alone": [.init(body: "x0")],
            "..": [.init(body: "dots")],
        ],
        paused: ["orders:b", "held"]
    )

    @Test func takesOverEverything() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: Self.example()))

        let outcome = try #require(try takeOver(disk))

        #expect(try Waiting(on: disk) == Self.expected)
        #expect(outcome.warnings == [])
        #expect(outcome.report?.messageCount == 9)
        #expect(
            outcome.summary == """
                took over the data path of a Go nsqd: 4 topics, 4 channels, 9 messages; \
                the original files are in /data/nsqd-original
                """
        )
        #expect(try disk.list("/data").sorted() == ["nsqd-original", "nsqd.dat", "topics"])
        try expectOriginals(on: disk)
        #expect(try takeOver(disk) == nil)
        #expect(try Waiting(on: disk) == Self.expected)
    }

    @Test func keepsIdsThatContinueTheNumbering() throws {
        let records = [0, 1, 2, 0x1000, 3].map { GoFiles.record("m", $0) }
        let disk = try disk(GoFiles.queue("t", records))

        _ = try takeOver(disk)

        let found = try #require(try Waiting(on: disk).ids["t"])
        #expect(found[..<3] == [GoFiles.id(0), GoFiles.id(1), GoFiles.id(2)])
        // Numbered anew, with the node's bits.
        #expect(found[3...] == ["0d00000000005003", "0d00000000005004"])
    }

    @Test func numbersAnewWhatCannotBeContinued() throws {
        let huge = GoFiles.record([1], id: "fffffffffffffff0")
        let zero = GoFiles.record([2], id: "0000000000000000")
        for record in [huge, zero] {
            let disk = try disk(GoFiles.queue("t", [record, record]))

            _ = try takeOver(disk)

            let ids = try #require(try Waiting(on: disk).ids["t"])
            #expect(Set(ids).count == 2)
            #expect(!ids.contains("fffffffffffffff0") && !ids.contains("0000000000000000"))
        }
    }

    @Test func makesWhatOnlyItsFilesTellOf() throws {
        var files = GoFiles.document(GoFiles.topic("known"))
        files.merge(GoFiles.queue("known:new", [GoFiles.record("k")])) { $1 }
        files.merge(GoFiles.queue("new:c", [GoFiles.record("n")])) { $1 }
        files.merge(GoFiles.queue("nothing", [])) { $1 }
        files.merge(GoFiles.queue("a.diskqueue.000000.dat", [GoFiles.record("odd")])) { $1 }
        files["/data/not a name.diskqueue.000000.dat"] = GoFiles.record("x")
        let disk = try SimulatedFileSystem(image: DiskImage(files: files))

        let outcome = try #require(try takeOver(disk))

        #expect(
            try Waiting(on: disk).queues == [
                "known": [], "known:new": [.init(body: "k")], "new": [],
                "new:c": [.init(body: "n")],
                "a.diskqueue.000000.dat": [.init(body: "odd")],
            ]
        )
        #expect(outcome.warnings.contains { $0.contains("does not name known:new") })
        #expect(outcome.warnings.contains { $0.contains("not a name.diskqueue") })
        #expect(disk.exists("/data/not a name.diskqueue.000000.dat"))
        #expect(!disk.exists("/data/nothing.diskqueue.000000.dat"))
    }

    @Test(arguments: [nil, "", "4\n0,x\n", "1\n0,0\n0,\(GoFiles.record("one").count)\n"])
    func readsAllThatIsLeftWithoutAUsableMetaFile(_ meta: String?) throws {
        var files = GoFiles.queue("t", ["one", "two", "three"].map { GoFiles.record($0) })
        files["/data/t.diskqueue.000002.dat"] = GoFiles.record("four")
        files["/data/t.diskqueue.meta.dat"] = meta.map { Array($0.utf8) }
        let disk = try disk(files)

        _ = try takeOver(disk)

        let bodies = try Waiting(on: disk).queues["t"]?.map(\.body)
        #expect(bodies == ["one", "two", "three", "four"])
    }

    @Test func passesOverWhatWasReadBefore() throws {
        var files = GoFiles.queue("t", [GoFiles.record("two")])
        files["/data/t.diskqueue.000001.dat"] = GoFiles.record("three")
        files["/data/t.diskqueue.meta.dat"] = GoFiles.meta(1, read: (1, 0), write: (1, 35))
        let disk = try disk(files)

        let outcome = try #require(try takeOver(disk))

        #expect(try Waiting(on: disk).queues["t"]?.map(\.body) == ["three"])
        #expect(outcome.warnings.contains { $0.contains("was read to its end before") })
    }

    @Test func leavesADamagedFileUnderTheNameOfTheOriginal() throws {
        var files = GoFiles.queue("t:c", [GoFiles.record("one")])
        let damaged = GoFiles.record("two") + [0, 0, 0, 5, 1, 2, 3] + GoFiles.record("three")
        files["/data/t:c.diskqueue.000001.dat"] = damaged
        files["/data/t:c.diskqueue.000007.dat.bad"] = GoFiles.record("long ago")
        let disk = try disk(files, GoFiles.topic("t", "c"))

        let outcome = try #require(try takeOver(disk))

        let bodies = try Waiting(on: disk).queues["t:c"]?.map(\.body)
        #expect(bodies == ["one", "two", "three"])
        #expect(outcome.report?.passedOverBytes == 7)
        let place = GoFiles.record("two").count
        let told = "000001.dat is damaged at \(place): 7 bytes"
        #expect(outcome.warnings.contains { $0.contains(told) })
        #expect(try disk.bytes("/data/t:c.diskqueue.000001.dat.bad") == damaged)
        #expect(disk.exists("/data/t:c.diskqueue.000007.dat.bad"))
        #expect(disk.exists("/data/nsqd-original/t:c.diskqueue.000000.dat"))
    }

    @Test func readsFilesThatWereSetAsideWhenAsked() throws {
        var files = GoFiles.queue("t", [GoFiles.record("new")])
        files["/data/t.diskqueue.000007.dat.bad"] = [9, 9] + GoFiles.record("old")
        let disk = try disk(files)
        var options = GoImportOptions()
        options.salvagesBad = true

        _ = try takeOver(disk, options: options)

        #expect(try Waiting(on: disk).queues["t"]?.map(\.body) == ["old", "new"])
    }

    @Test func leavesFilesBesideAStoreAlone() throws {
        let disk = try disk(GoFiles.queue("t", [GoFiles.record("m")]))
        try disk.makeDirectory("/data/topics")

        let outcome = try #require(try takeOver(disk))

        #expect(outcome.summary == nil)
        #expect(outcome.warnings.first?.contains("2 queue files of a Go nsqd") == true)
        #expect(disk.exists("/data/t.diskqueue.000000.dat"))
    }

    @Test func doesNothingWhereThereIsNothing() throws {
        let disk = SimulatedFileSystem()
        try disk.makeDirectory("/data")

        #expect(try takeOver(disk) == nil)
        #expect(try disk.list("/data") == [])
    }

    @Test func refusesAnUnreadableDocumentWithNothingChanged() throws {
        var files = GoFiles.queue("t", [GoFiles.record("m")])
        files["/data/nsqd.dat"] = Array("{".utf8)
        let disk = SimulatedFileSystem(image: try DiskImage(files: files))

        let error = #expect(throws: DiskQueueError.self) { try takeOver(disk) }

        #expect(error?.code == .corrupt)
        #expect(error?.message.hasPrefix("failed to load metadata - failed to parse") == true)
        #expect(try disk.list("/data").count == 3)
    }

    @Test func leavesEverythingAsItWasOnAFullDisk() throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: Self.example()))
        disk.inject(DiskFault(of: .write, after: 9, errno: ENOSPC))

        let error = #expect(throws: DiskQueueError.self) { try takeOver(disk) }

        #expect(error?.code == .noSpace)
        disk.removeFaults()
        #expect(try disk.list("/data").count == Self.example().count)
        _ = try takeOver(disk)
        #expect(try Waiting(on: disk) == Self.expected)
    }

    /// Wherever a start is cut off, the next one finds each message once.
    @Test(arguments: CrashModel.allCases)
    func continuesWhereverItWasCutOff(model: CrashModel) throws {
        let disk = SimulatedFileSystem(image: try DiskImage(files: Self.example()))
        _ = try takeOver(disk)
        var options = CrashOptions()
        options.exhaustiveLimit = 8
        options.prefixLimit = 6
        options.omissionLimit = 6
        options.randomCount = 3
        options.sectorCutLimit = 2
        options.randomCutCount = 1

        var random = SeededGenerator(seed: 5)
        let tally = try CrashStates(of: disk, options: options).visit(model, random: &random) {
            image,
            count in
            let crashed = SimulatedFileSystem(image: image)
            _ = try takeOver(crashed)
            #expect(try Waiting(on: crashed) == Self.expected, "after \(count) operations")
            #expect(try crashed.list("/data").sorted() == ["nsqd-original", "nsqd.dat", "topics"])
            try expectOriginals(on: crashed)
        }

        #expect(tally.distinctStates > 50)
    }

    /// Whatever fails once, the start after it takes over everything.
    @Test func continuesAfterAnyFailure() throws {
        var failures = 0
        while true {
            let disk = SimulatedFileSystem(image: try DiskImage(files: Self.example()))
            disk.inject(DiskFault(of: .all, after: failures, errno: EIO))
            let outcome: GoTakeOver.Outcome?
            do throws(DiskQueueError) {
                outcome = try takeOver(disk)
            } catch {
                outcome = nil
            }
            disk.removeFaults()
            if outcome?.originals == nil { _ = try takeOver(disk) }
            let damaged = outcome?.report?.damagedFiles.isEmpty == false
            if !damaged { #expect(try Waiting(on: disk) == Self.expected, "call \(failures)") }
            if outcome?.warnings == [] { break }
            failures += 1
        }

        #expect(failures > 30)
    }

    // MARK: -

    private func disk(
        _ files: [String: [UInt8]],
        _ topics: String = GoFiles.topic("t")
    ) throws -> SimulatedFileSystem {
        let all = files.merging(GoFiles.document(topics)) { $1 }
        return SimulatedFileSystem(image: try DiskImage(files: all))
    }

    private func takeOver(
        _ disk: any FileSystem,
        options: GoImportOptions = GoImportOptions()
    ) throws(DiskQueueError) -> GoTakeOver.Outcome? {
        guard let node = NodeID(5) else { throw DiskQueueError(.unusable, "no node id") }
        let configuration = StoreConfiguration(
            dataPath: "/data",
            fileSystem: disk,
            nodeID: node,
            time: ManualTime(),
            wasClean: true,
            mayHaveLostPower: false
        )
        return try GoTakeOver("/data", in: disk)
            .run(configuration, known: StoredMetadata(), options: options)
    }

    private func expectOriginals(on disk: any FileSystem) throws {
        let original = Self.example()
        for (path, bytes) in original {
            let name = path.dropFirst("/data/".count)
            #expect(try disk.bytes("/data/nsqd-original/\(name)") == bytes, "\(name)")
        }
        #expect(try disk.list("/data/nsqd-original").count == original.count)
    }
}

extension FileSystem {
    fileprivate func bytes(_ path: String) throws -> [UInt8] {
        let file = try open(path, .readOnly)
        var bytes = [UInt8](repeating: 0, count: try file.size())
        _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return bytes
    }
}
