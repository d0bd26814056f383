import DiskQueue
import DiskQueueTesting
import Testing

@Suite("Go record reader")
struct GoRecordReaderTests {
    private static let bodies = [
        "one", "", "three is somewhat longer than the others", "4", "five",
    ]
    private static let records = bodies.enumerated().map {
        GoFiles.record($1, UInt64($0), attempts: UInt16($0))
    }
    private static let bytes = Array(records.joined())
    /// Where each record begins, and the end.
    private static let places = records.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }

    @Test func readsEveryRecord() throws {
        let found = try read(Self.bytes)

        #expect(found.bodies == Self.bodies)
        #expect(found.attempts == [0, 1, 2, 3, 4])
        #expect(found.ids == (0..<5).map { 0x0d00_0000_0000_0000 + $0 })
        #expect(found.times == Array(repeating: GoFiles.time, count: 5))
        #expect(found.passedOver == 0)
    }

    @Test func readsFromAnOffset() throws {
        #expect(try read(Self.bytes, from: Self.places[2]).bodies == Array(Self.bodies[2...]))
    }

    @Test(arguments: 0...Self.bytes.count)
    func readsWhatIsWholeOfATruncatedFile(byteCount: Int) throws {
        let found = try read(Array(Self.bytes.prefix(byteCount)))

        let whole = Self.places.count { $0 <= byteCount } - 1
        #expect(found.bodies == Array(Self.bodies.prefix(whole)))
        #expect(found.passedOver == byteCount - Self.places[whole])
    }

    /// A flipped bit costs the record that it lies in at most.
    @Test(arguments: 0..<Self.bytes.count)
    func losesNoOtherRecordToAFlippedBit(at offset: Int) throws {
        let hit = Self.places.count { $0 <= offset } - 1
        var others = Self.bodies
        others.remove(at: hit)
        for bit in 0..<8 {
            var bytes = Self.bytes
            bytes[offset] ^= 1 << UInt8(bit)

            var found = try read(bytes).bodies
            if found.count == Self.bodies.count { found.remove(at: hit) }

            #expect(found == others, "bit \(bit)")
        }
    }

    @Test(arguments: [0, 1, 25, -1, .min, .max, 64, 4096, 1 << 26, (1 << 26) + 27] as [Int32])
    func findsTheNextRecordBehindAHostileLength(_ length: Int32) throws {
        var bytes = Self.bytes
        bytes.replaceSubrange(0..<4, with: GoFiles.bigEndian(length))

        let found = try read(bytes)

        #expect(found.bodies == Array(Self.bodies[1...]))
        #expect(found.passedOver == Self.records[0].count)
    }

    @Test(arguments: [1, 29, 30, 4096, 300_000])
    func findsTheNextRecordBehindZeros(_ count: Int) throws {
        let bytes = Self.records[0] + [UInt8](repeating: 0, count: count) + Self.records[1]

        let found = try read(bytes)

        #expect(found.bodies == Array(Self.bodies[..<2]))
        #expect(found.passedOver == count)
    }

    @Test func readsRecordsLongerThanItsWindow() throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 700_000)
        let bytes = Self.bytes + GoFiles.record(long, id: GoFiles.id(9)) + Self.bytes

        let found = try read(bytes)

        #expect(
            found.bodies.map(\.utf8.count)
                == (Self.bodies + [""] + Self.bodies).enumerated()
                .map { $0.offset == 5 ? 700_000 : $0.element.utf8.count }
        )
        #expect(found.passedOver == 0)
    }

    @Test func takesALongerMessageThanAllowedForDamage() throws {
        let long = GoFiles.record([UInt8](repeating: 1, count: 1001), id: GoFiles.id(7))

        let found = try read(long + Self.bytes, maximum: 1000)

        #expect(found.bodies == Self.bodies)
        #expect(found.passedOver == long.count)
    }

    @Test func readsIdsOfAnyForm() throws {
        let records = ["0123456789ABCDEF", "not-a-hex-number", GoFiles.id(3)].map {
            GoFiles.record([1, 2, 3], id: $0)
        }

        let found = try read(Array(records.joined()))

        #expect(found.ids == [nil, nil, 0x0d00_0000_0000_0003])
        #expect(found.passedOver == 0)
    }

    /// A message may hold messages of the original, as a relay's does.
    @Test func believesARecordThatHoldsOthers() throws {
        let inner = Self.bytes
        let bytes = GoFiles.record(inner, id: GoFiles.id(8)) + GoFiles.record("behind", 9)

        let found = try read(bytes)

        #expect(found.bodies.count == 2)
        #expect(found.bodies.last == "behind")
    }

    @Test func accountsForEveryByteOfGarbage() throws {
        var random = SeededGenerator(seed: 11)
        for round in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                if Bool.random(using: &random) {
                    bytes += GoFiles.record("body \(round)", UInt64(round))
                } else {
                    let mask: UInt8 = Bool.random(using: &random) ? 0xff : 0x01
                    bytes += (0..<Int.random(in: 0...200, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random) & mask
                    }
                }
            }

            let found = try read(bytes)

            let taken = found.sizes.reduce(0) { $0 + $1 + GoRecord.headBytes }
            #expect(taken + found.passedOver == bytes.count, "round \(round)")
        }
    }

    // MARK: -

    private struct Found {
        var bodies: [String] = []
        var sizes: [Int] = []
        var attempts: [UInt16] = []
        var ids: [UInt64?] = []
        var times: [Int64] = []
        var passedOver = 0
    }

    private func read(
        _ bytes: [UInt8],
        from start: Int = 0,
        maximum: Int = 1 << 26
    ) throws -> Found {
        let disk = MemoryFileSystem()
        let file = try disk.open("/queue", .createNew)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        var reader = try GoRecordReader(file, from: start, maximumBodyBytes: maximum)
        var found = Found()
        while let record = try reader.next() {
            found.bodies.append(String(decoding: record.body, as: UTF8.self))
            found.sizes.append(record.body.count)
            found.attempts.append(record.attempts)
            found.ids.append(record.id)
            found.times.append(record.timestamp)
        }
        found.passedOver = reader.passedOverBytes
        return found
    }
}

@Suite("Go meta file")
struct GoQueueMetaTests {
    @Test func readsWhatTheOriginalWrites() {
        let meta = GoQueueMeta(parsing: Array("4\n0,12\n3,128\n".utf8))

        #expect(meta?.depth == 4)
        #expect(meta?.readFile == 0)
        #expect(meta?.readOffset == 12)
        #expect(meta?.writeFile == 3)
        #expect(meta?.writeOffset == 128)
        #expect(meta?.text == "4\n0,12\n3,128\n")
        #expect(GoQueueMeta(parsing: Array("-3\n0,0\n0,0\n".utf8))?.depth == -3)
    }

    @Test(arguments: [
        "", "\n", "4\n0,0\n", "4\n0,0\n0,0", "4\n0\n0,0\n", "4\n0,-1\n0,0\n", "4\n-1,0\n0,0\n",
        "x\n0,0\n0,0\n", "4\n0,0\n0,0\nmore", "4\n0,0,0\n0,0\n",
        "4\n0,99999999999999999999\n0,0\n", "\0\0\0\0",
    ])
    func refusesAnythingElse(_ text: String) {
        #expect(GoQueueMeta(parsing: Array(text.utf8)) == nil)
    }
}
