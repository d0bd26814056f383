/// Reads one ledger file from end to end and judges every byte of it.
struct LedgerCheck {
    /// What is not as it should be.
    private(set) var findings: [Finding] = []
    /// The file's size.
    private(set) var byteCount = 0

    private let path: String

    /// What is known of the ledger from elsewhere.
    struct Expectation {
        /// Whether the last run ended in good order, so that an incomplete block is damage.
        var wasClean: Bool
        /// Whether somebody writes to it now.
        var isBeingWritten: Bool
        /// The metadata's copy of the last checkpoint.
        var checkpoint: CheckpointRecord?
    }

    /// Checks the ledger of `member`.
    ///
    /// - Throws: `.io`.
    init(
        folder: String,
        topicID: UInt64,
        member: Roster.Member,
        _ expected: Expectation,
        in fileSystem: any FileSystem
    ) throws(DiskQueueError) {
        path = Ledger.path(in: folder, channelID: member.id)
        guard fileSystem.exists(path) else {
            // A channel in which nothing happened has a row of a clean stop, and no ledger.
            if let checkpoint = expected.checkpoint, checkpoint.generation > 0 {
                findings.append(.damage(path, "the ledger of channel \(member.name) is missing"))
            }
            return
        }
        let bytes: [UInt8]
        do {
            bytes = try LedgerFormat.read(path, in: fileSystem)
        } catch {
            guard ErrorNumber.isNoFile(error.errno) else { throw DiskQueueError(error) }
            findings.append(.damage(path, "it is no file"))
            return
        }
        byteCount = bytes.count
        bytes.withUnsafeBytes { judge($0, topicID: topicID, member, expected) }
    }

    private mutating func judge(
        _ bytes: UnsafeRawBufferPointer,
        topicID: UInt64,
        _ member: Roster.Member,
        _ expected: Expectation
    ) {
        if bytes.isEmpty {
            let isLoss = expected.checkpoint != nil || expected.wasClean
            findings.append(
                isLoss ? .damage(path, "the file is empty") : .notice(path, "the file is empty")
            )
            return
        }
        // SWALLOW: a header that is none is what is reported.
        guard let header = try? LedgerHeader(decoding: bytes) else {
            let range = 0..<min(bytes.count, LedgerFormat.headerBytes)
            findings.append(.damage(path, "the header is damaged", at: range))
            return
        }
        guard header.topicID == topicID, header.channelID == member.id,
            header.channelName == member.name
        else {
            findings.append(.damage(path, "it is the ledger of another channel"))
            return
        }
        var walk = Walk(bytes, uuid: header.uuid)
        walk.run()
        for range in walk.damage {
            findings.append(.damage(path, "damaged bytes that hold no block", at: range))
        }
        for offset in walk.unreadable {
            findings.append(.damage(path, "an entry that cannot be read", at: offset..<offset + 1))
        }
        if header.generation > 0, !walk.beginsWithCheckpoint {
            findings.append(.damage(path, "the checkpoint that it begins with is missing"))
        }
        if let checkpoint = expected.checkpoint, checkpoint.generation > header.generation,
            !expected.isBeingWritten
        {
            findings.append(.damage(path, "the metadata names a later checkpoint"))
        }
        judgeTail(walk.end..<bytes.count, expected)
    }

    private mutating func judgeTail(_ tail: Range<Int>, _ expected: Expectation) {
        guard !tail.isEmpty, !expected.isBeingWritten else { return }
        let text = "the last block is not whole"
        findings.append(
            expected.wasClean
                ? .damage(path, text, at: tail)
                : .notice(path, "\(text); what it finished comes again", at: tail)
        )
    }

    /// The blocks of a ledger, one behind the other.
    private struct Walk {
        let bytes: UnsafeRawBufferPointer
        let uuid: UInt64
        var end = LedgerFormat.headerBytes
        var damage: [Range<Int>] = []
        var unreadable: [Int] = []
        var beginsWithCheckpoint = false

        init(_ bytes: UnsafeRawBufferPointer, uuid: UInt64) {
            self.bytes = bytes
            self.uuid = uuid
        }

        mutating func run() {
            var offset = end
            var state = ChannelState(start: 0)
            while offset < bytes.count {
                guard let block = LedgerBlock.read(in: bytes, at: offset, uuid: uuid) else {
                    offset += 1
                    continue
                }
                if offset > end { damage.append(end..<offset) }
                switch block.kind {
                case .checkpoint:
                    if ChannelState(decoding: block.payload) == nil { unreadable.append(offset) }
                    beginsWithCheckpoint =
                        beginsWithCheckpoint || offset == LedgerFormat.headerBytes
                case .entries:
                    if !LedgerEntries.apply(block.payload, to: &state) { unreadable.append(offset) }
                }
                offset += LedgerFormat.blockHeaderBytes + block.payload.count
                end = offset
            }
        }
    }
}
