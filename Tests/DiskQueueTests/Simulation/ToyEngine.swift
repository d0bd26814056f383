import DiskQueue
import DiskQueueTesting

/// A durable queue of a few lines, right or with one bug, to try the crash harness on.
///
/// Batches of messages go to segments under `/queue`; a checkpoint goes to a file that a rename
/// replaces.
final class ToyEngine {
    /// What the engine does wrong.
    struct Bugs: OptionSet {
        let rawValue: Int
        static let acknowledgesBeforeSync = Bugs(rawValue: 1)
        static let skipsDirectorySync = Bugs(rawValue: 2)
        static let forgetsRolledSegment = Bugs(rawValue: 4)
        static let skipsChecksum = Bugs(rawValue: 8)
    }

    /// What a recovery found.
    struct Recovery {
        var messages: Set<UInt64> = []
        var checkpoint: UInt64 = 0
        var hasWrongBytes = false
    }

    static let acknowledged: Mark.Kind = "acknowledged"
    static let checkpointed: Mark.Kind = "checkpointed"
    private static let segmentByteCount = 1_536
    private static let headerByteCount = 16

    private let disk: any FileSystem
    private let simulation: SimulatedFileSystem
    private let bugs: Bugs
    private var segmentNumber = 0
    private var segment: any File
    private var offset = 0
    private var rolled: [any File] = []
    private var unsynced: [UInt64] = []

    /// Opens the queue on `disk`, which is or wraps `simulation`; cuts a torn tail.
    init(_ disk: any FileSystem, on simulation: SimulatedFileSystem, bugs: Bugs = []) throws {
        self.disk = disk
        self.simulation = simulation
        self.bugs = bugs
        try disk.makeDirectory("/queue")
        if !bugs.contains(.skipsDirectorySync) { try disk.synchronizeDirectory("/") }
        for name in try disk.list("/queue") where name.hasSuffix(".segment") {
            segmentNumber = max(segmentNumber, (Int(name.prefix(6)) ?? 0) - 100_000)
        }
        segment = try disk.open(Self.path(of: segmentNumber), .createIfMissing)
        if !bugs.contains(.skipsDirectorySync) { try disk.synchronizeDirectory("/queue") }
        var ignored = Recovery()
        offset = Self.scan(try segment.bytes(), skipsChecksum: false, into: &ignored)
        if try segment.size() > offset {
            try segment.truncate(to: offset)
            try segment.synchronizeData()
        }
    }

    /// Appends one batch; it is acknowledged by ``commit()``.
    func append(_ messages: [UInt64]) throws {
        let payload = messages.flatMap(Self.encode)
        let header = [
            0x5151_4242, UInt32(payload.count), Self.checksum(payload[...]), UInt32(segmentNumber),
        ]
        let batch =
            header.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 255) } } + payload
        if offset + batch.count > Self.segmentByteCount { try roll() }
        try segment.write(batch, at: offset)
        offset += batch.count
        unsynced += messages
        if bugs.contains(.acknowledgesBeforeSync) { acknowledge() }
    }

    /// Makes all batches durable, then acknowledges them.
    func commit() throws {
        for file in rolled { try file.synchronizeData() }
        rolled = []
        try segment.synchronizeData()
        acknowledge()
    }

    /// Replaces the checkpoint.
    func checkpoint(_ value: UInt64) throws {
        let file = try disk.open("/queue/state.tmp", .createIfMissing)
        try file.write(Self.encode(value), at: 0)
        try file.synchronizeData()
        try disk.rename("/queue/state.tmp", to: "/queue/state.ledger")
        try disk.synchronizeDirectory("/queue")
        simulation.mark(Mark(Self.checkpointed, value))
    }

    /// Reads what is there.
    static func recover(_ disk: any FileSystem, skipsChecksum: Bool = false) throws -> Recovery {
        var recovery = Recovery()
        guard disk.exists("/queue") else { return recovery }
        for name in try disk.list("/queue").sorted() {
            let bytes = try disk.bytes(of: "/queue/\(name)")
            if name.hasSuffix(".segment") {
                _ = scan(bytes, skipsChecksum: skipsChecksum, into: &recovery)
            } else if name.hasSuffix(".ledger") {
                let (value, size) = decode(bytes[...])
                recovery.checkpoint = size == bytes.count ? value : 0
            }
        }
        return recovery
    }

    private func roll() throws {
        if !bugs.contains(.forgetsRolledSegment) { rolled.append(segment) }
        segmentNumber += 1
        segment = try disk.open(Self.path(of: segmentNumber), .createNew)
        if !bugs.contains(.skipsDirectorySync) { try disk.synchronizeDirectory("/queue") }
        offset = 0
    }

    private func acknowledge() {
        for message in unsynced { simulation.mark(Mark(Self.acknowledged, message)) }
        unsynced = []
    }

    private static func path(of number: Int) -> String { "/queue/\(100_000 + number).segment" }

    /// The message as 4 bytes of number, 1 of length, and a body that follows from the number.
    private static func encode(_ message: UInt64) -> [UInt8] {
        let length = Int(message % 200)
        return (0..<4).map { UInt8(message >> ($0 * 8) & 255) } + [UInt8(length)]
            + (0..<length).map { UInt8(truncatingIfNeeded: message &* 7 &+ UInt64($0) | 1) }
    }

    /// The message at the start of `bytes` and its size; a size of 0 when it is none.
    private static func decode(_ bytes: ArraySlice<UInt8>) -> (message: UInt64, size: Int) {
        let message = bytes.prefix(4).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let expected = encode(message)
        return bytes.starts(with: expected) ? (message, expected.count) : (0, 0)
    }

    private static func scan(
        _ bytes: [UInt8],
        skipsChecksum: Bool,
        into recovery: inout Recovery
    ) -> Int {
        func word(_ offset: Int) -> UInt32 {
            bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        var offset = 0
        while offset + headerByteCount <= bytes.count, word(offset) == 0x5151_4242 {
            let end = offset + headerByteCount + Int(word(offset + 4))
            guard end <= bytes.count else { break }
            var payload = bytes[offset + headerByteCount..<end]
            guard skipsChecksum || checksum(payload) == word(offset + 8) else { break }
            while !payload.isEmpty {
                let (message, size) = decode(payload)
                if size == 0 {
                    recovery.hasWrongBytes = true
                    break
                }
                recovery.messages.insert(message)
                payload = payload.dropFirst(size)
            }
            offset = end
        }
        return offset
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}
