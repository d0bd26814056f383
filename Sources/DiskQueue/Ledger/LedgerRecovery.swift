/// Reads a channel's ledger as a crash or a clean stop left it.
package struct LedgerRecovery {
    /// What the ledger says.
    package private(set) var state: ChannelState
    /// The ledger's header; `nil` when there is no usable file.
    package private(set) var header: LedgerHeader?
    /// Checkpoints that began a new file, by the file or else by the metadata's copy.
    package private(set) var generation: UInt64 = 0
    /// Offset after the last valid block.
    package private(set) var end = 0
    /// Bytes that are no valid block, with valid ones behind them.
    package private(set) var damagedBytes = 0
    /// One line for each thing that was not as expected.
    package private(set) var notes: [String] = []

    /// Reads the ledger at `path`; a missing one means that nothing was delivered yet.
    ///
    /// `topicID`: the topic in whose folder it lies.
    /// `member`: the channel that it should be of; another channel's ledger is not believed.
    /// `checkpoint`: what stands in when the file's own checkpoint is missing or damaged.
    ///
    /// Throws `.unsupportedVersion` when a newer version wrote it; `.io` when it cannot be read.
    package init(
        path: String,
        topicID: UInt64,
        member: Roster.Member,
        checkpoint: CheckpointRecord?,
        fileSystem: any FileSystem
    ) throws(DiskQueueError) {
        state = ChannelState(start: member.startSequence)
        generation = checkpoint?.generation ?? 0
        let fallback = checkpoint?.state.withUnsafeBytes { ChannelState(decoding: $0) }
        guard fileSystem.exists(path) else {
            guard let fallback else { return }
            state = fallback
            // A channel of which nothing was noted has no file.
            if generation > 0
                || fallback != ChannelState(start: min(fallback.ackFloor, member.startSequence))
            {
                notes.append("\(path) is missing; the checkpoint in the metadata is used")
            }
            return
        }
        let bytes: [UInt8]
        do {
            bytes = try LedgerFormat.read(path, in: fileSystem)
        } catch {
            guard ErrorNumber.isNoFile(error.errno) else { throw DiskQueueError(error) }
            if let fallback { state = fallback }
            notes.append("\(path) is a directory or a link and no ledger; set aside")
            return
        }
        let replayed: Result<Self, DiskQueueError> = bytes.withUnsafeBytes { raw in
            Result { () throws(DiskQueueError) in
                var copy = self
                try copy.replay(raw, path: path, topicID, member, fallback: fallback)
                return copy
            }
        }
        self = try replayed.get()
    }

    private mutating func replay(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        _ topicID: UInt64,
        _ member: Roster.Member,
        fallback: ChannelState?
    ) throws(DiskQueueError) {
        let header: LedgerHeader
        do {
            header = try LedgerHeader(decoding: bytes)
        } catch .newerVersion(let version) {
            throw DiskQueueError(
                .unsupportedVersion,
                "\(path) has format version \(version), newer than this program knows"
                    + " (\(LedgerFormat.version)); nothing was changed; use a newer nsqd"
            )
        } catch {
            if let fallback { state = fallback }
            if !bytes.isEmpty { notes.append("\(path) has no valid header; set aside") }
            return
        }
        guard header.topicID == topicID, header.channelID == member.id,
            header.channelName == member.name
        else {
            if let fallback { state = fallback }
            notes.append("\(path) is the ledger of another channel; set aside")
            return
        }
        self.header = header
        generation = max(generation, header.generation)
        end = LedgerFormat.headerBytes
        var offset = end
        var hasCheckpoint = header.generation == 0
        if !hasCheckpoint, let fallback { state = fallback }
        while offset < bytes.count {
            guard let block = LedgerBlock.read(in: bytes, at: offset, uuid: header.uuid) else {
                offset += 1
                continue
            }
            if offset > end { damagedBytes += offset - end }
            switch block.kind {
            case .checkpoint:
                if let checkpoint = ChannelState(decoding: block.payload) {
                    state = checkpoint
                    hasCheckpoint = true
                }
            case .entries:
                if !LedgerEntries.apply(block.payload, to: &state) {
                    notes.append("\(path) has an entry at \(offset) that cannot be read")
                }
            }
            offset += LedgerFormat.blockHeaderBytes + block.payload.count
            end = offset
        }
        if !hasCheckpoint { notes.append("\(path) has no valid checkpoint") }
        if damagedBytes > 0 { notes.append("\(path): \(damagedBytes) bytes are damaged") }
    }
}
