import DiskQueue
import DiskQueueTesting
import Glibc
import Testing

/// One bit of a store is flipped, or a file of it cut, wherever that can be.
///
/// `NSQ_EVERY_FLIP=1` flips each bit, more than 500,000; without it one of forty.
@Suite("Every flipped bit", .timeLimit(.minutes(60)))
struct EveryFlipTests {
    private static let isThorough = getenv("NSQ_EVERY_FLIP") != nil

    /// Stores of different make: few large batches, many small ones, one segment, many.
    struct Shape: Sendable, CustomTestStringConvertible {
        var batchCount: Int
        var batchSize: Int
        var segmentBytes: Int
        var wasClean: Bool

        static let all = [true, false].flatMap { wasClean in
            [(22, 3, 6000), (60, 1, 2000), (8, 10, 20_000), (30, 2, 1500)].map {
                Shape(batchCount: $0.0, batchSize: $0.1, segmentBytes: $0.2, wasClean: wasClean)
            }
        }

        var testDescription: String {
            "\(batchCount) x \(batchSize) in \(segmentBytes), \(wasClean ? "stopped" : "killed")"
        }

        func store() throws -> SmallStore {
            try SmallStore(
                batchCount: batchCount,
                batchSize: batchSize,
                segmentBytes: segmentBytes,
                isStopped: wasClean
            )
        }
    }

    /// The undamaged store and what it holds.
    private struct Baseline {
        let store: SmallStore
        let wasClean: Bool
        let sequences: [UInt64]
        let seen: StorePicture
        let opened: StorePicture
        /// The batches of each segment: bytes and messages.
        let batches: [String: [(bytes: Range<Int>, sequences: Range<UInt64>)]]

        init(_ store: SmallStore, wasClean: Bool) throws {
            self.store = store
            self.wasClean = wasClean
            sequences = store.bodies.keys.sorted()
            let disk = try store.disk()
            seen = try StorePicture(
                store.inspection(on: disk, wasClean: wasClean),
                of: sequences
            )
            opened = try StorePicture(opening: store.disk(), of: store, wasClean: wasClean)
            batches = store.files.filter { $0.key.hasSuffix(".segment") }.mapValues(Self.batches)
        }

        private static func batches(
            in bytes: [UInt8]
        ) -> [(bytes: Range<Int>, sequences: Range<UInt64>)] {
            bytes.withUnsafeBytes { raw in
                var found: [(Range<Int>, Range<UInt64>)] = []
                var at = SegmentFormat.headerBytes
                while at < raw.count,
                    let header = BatchHeader(
                        decoding: UnsafeRawBufferPointer(rebasing: raw[at...])
                    )
                {
                    found.append(
                        (at..<at + header.totalBytes, header.firstSequence..<header.endSequence)
                    )
                    at += header.totalBytes
                }
                return found
            }
        }

        /// Messages that damage at `offset` of `path` may cost: those of the batch that it hits.
        func expendable(_ path: String, from offset: Int, cutting: Bool) -> Set<UInt64> {
            var lost: Set<UInt64> = []
            for batch in batches[path] ?? []
            where cutting ? batch.bytes.upperBound > offset : batch.bytes.contains(offset) {
                lost.formUnion(batch.sequences)
            }
            return lost
        }
    }

    @Test(arguments: Shape.all)
    func aFlippedBitCostsItsBatchAtMostAndIsReported(shape: Shape) throws {
        let store = try shape.store()
        let baseline = try Baseline(store, wasClean: shape.wasClean)
        #expect(try report(store.disk(), baseline).findings == [])
        var flips = 0
        var problems: [String] = []
        for (path, original) in store.files.sorted(by: { $0.key < $1.key }) {
            for bit in stride(from: 0, to: original.count * 8, by: Self.isThorough ? 1 : 41) {
                var bytes = original
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                let expendable = baseline.expendable(path, from: bit / 8, cutting: false)
                if let problem = try judge(path, bytes, expendable, baseline) {
                    problems.append("\(path) bit \(bit): \(problem)")
                }
                flips += 1
            }
        }
        #expect(problems.prefix(20).joined(separator: "\n") == "", "of \(flips) flips")
        if Self.isThorough {
            #expect(flips == store.files.values.reduce(0) { $0 + $1.count * 8 })
            print("\(shape.testDescription): \(flips) flips")
        }
    }

    @Test(arguments: Shape.all)
    func aCutFileCostsWhatWasCutAtMostAndIsReported(shape: Shape) throws {
        let store = try shape.store()
        let wasClean = shape.wasClean
        let baseline = try Baseline(store, wasClean: wasClean)
        var problems: [String] = []
        for (path, original) in store.files.sorted(by: { $0.key < $1.key }) {
            for length in stride(from: 0, to: original.count, by: Self.isThorough ? 1 : 7) {
                let expendable = baseline.expendable(path, from: length, cutting: true)
                let bytes = Array(original[..<length])
                // What a process that died had not written yet cannot be missed.
                let isBoundary = !wasClean && isBoundary(path, length, baseline)
                let problem = try judge(path, bytes, expendable, baseline, isSilent: isBoundary)
                if let problem { problems.append("\(path) cut to \(length): \(problem)") }
            }
        }
        #expect(problems.prefix(20).joined(separator: "\n") == "")
    }

    /// Whether a file cut to `length` is what it was a moment earlier.
    private func isBoundary(_ path: String, _ length: Int, _ baseline: Baseline) -> Bool {
        if path.hasSuffix(".ledger") { return true }
        return baseline.batches[path]?.contains { $0.bytes.upperBound == length } ?? false
    }

    private func report(
        _ disk: MemoryFileSystem,
        _ baseline: Baseline
    ) throws -> VerificationReport {
        try StoreVerification.run(
            baseline.store.inspection(on: disk, wasClean: baseline.wasClean),
            stored: baseline.store.metadata,
            document: nil,
            hasMetadata: true,
            fileSystem: disk
        )
    }

    /// What is wrong with how damage in `path` is dealt with; `nil` when nothing is.
    private func judge(
        _ path: String,
        _ bytes: [UInt8],
        _ expendable: Set<UInt64>,
        _ baseline: Baseline,
        isSilent: Bool = false
    ) throws -> String? {
        let disk = try baseline.store.disk(replacing: path, by: bytes)
        let seen: StorePicture
        let found: VerificationReport
        let opened: StorePicture
        do {
            let inspection = try baseline.store.inspection(on: disk, wasClean: baseline.wasClean)
            seen = try StorePicture(inspection, of: baseline.sequences)
            found = try report(disk, baseline)
            opened = try StorePicture(
                opening: disk,
                of: baseline.store,
                wasClean: baseline.wasClean
            )
        } catch let error as DiskQueueError where error.code == .unsupportedVersion {
            // A flip that happens to make a newer version is caught by the header's checksum, so this is a lie.
            return "taken for a newer version: \(error.message)"
        }
        for (name, picture) in [("shown", seen), ("delivered", opened)] {
            for (sequence, body) in picture.bodies where baseline.store.bodies[sequence] != body {
                return "wrong bytes \(name) for message \(sequence)"
            }
            let missing = baseline.sequences.filter { picture.bodies[$0] == nil }
            if let lost = missing.first(where: { !expendable.contains($0) }) {
                return "message \(lost) is not \(name), outside of the hit batch"
            }
        }
        for (channel, states) in opened.states {
            for (sequence, state) in states
            where state == .finished && baseline.opened.states[channel]?[sequence] != .finished {
                return "message \(sequence) counts as finished in \(channel)"
            }
        }
        let isHarmless = seen == baseline.seen && opened.bodies == baseline.opened.bodies
        let isReported =
            baseline.wasClean ? !found.isHealthy : !found.findings.isEmpty
        if !isHarmless, !isReported, !isSilent { return "harm that verification does not report" }
        return nil
    }
}
