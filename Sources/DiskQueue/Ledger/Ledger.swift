private import Synchronization

/// The append-only file of one channel: what changed its delivery state since the checkpoint it begins with.
///
/// Noting an entry touches memory only; entries are written together by ``flush()``. A lost entry may only
/// duplicate a delivery, never lose one. The file is made by the first flush.
///
/// Isolation: callable from any thread. Noting takes a lock that is never held over I/O.
package final class Ledger: Sendable {
    /// Where the ledger lies.
    package let path: String

    private let fileSystem: any FileSystem
    private let folder: String
    private let reserve: SpaceReserve?
    private let staged: Mutex<Staged>
    private let output: Mutex<Output>
    private let isCheckpointing = Atomic<Bool>(false)
    private let dirtied: @Sendable (Ledger) -> Void

    /// Entries beyond this many bytes that could not be written are given up: they can only duplicate.
    static let maximumHeldBytes = 16 * 1024 * 1024

    private struct Staged {
        var entries = LedgerEntries()
        /// Entries noted before the state of a checkpoint in progress, or of one that failed, was taken.
        var beforeCut: [[UInt8]] = []
        var isCut = false
        var isDirty = false
    }

    private struct Output {
        var header: LedgerHeader
        var file: (any File)?
        /// Where the next block goes; 0 while there is no file.
        var end: Int
        /// Blocks that could not be written yet.
        var held: [[UInt8]] = []
        /// Blocks that the generation in the making has to repeat.
        var carried: [[UInt8]] = []
        var isUnsynced = false
    }

    /// The ledger of a channel; the file is made by the first flush when `end` is 0.
    ///
    /// `end`: offset after the last valid block.
    /// `reserve`: given up when the disk has no room for the entries.
    /// `dirtied`: told when there is something to flush.
    package init(
        folder: String,
        header: LedgerHeader,
        end: Int,
        fileSystem: any FileSystem,
        reserve: SpaceReserve? = nil,
        dirtied: @escaping @Sendable (Ledger) -> Void
    ) {
        self.folder = folder
        path = Self.path(in: folder, channelID: header.channelID)
        self.fileSystem = fileSystem
        self.reserve = reserve
        self.dirtied = dirtied
        staged = Mutex(Staged())
        output = Mutex(Output(header: header, end: end))
    }

    /// Where the ledger of a channel lies.
    static func path(in folder: String, channelID: UInt64) -> String {
        "\(folder)/\(channelID)\(fileSuffix)"
    }

    /// The channel whose ledger has that name; `nil` for other files.
    static func channelID(inFileName name: String) -> UInt64? {
        guard name.hasSuffix(fileSuffix) else { return nil }
        return UInt64(name.dropLast(fileSuffix.count))
    }

    /// Ends the names of ledger files.
    static let fileSuffix = ".ledger"

    // MARK: - Noting

    /// Notes finished messages.
    package func finished(_ range: Range<UInt64>) { note { $0.finished(range) } }

    /// Notes finished messages, given as ascending runs, under one lock.
    package func finished(_ runs: some Sequence<Range<UInt64>>) {
        note { entries in for run in runs { entries.finished(run) } }
    }

    /// Notes a message that waits in the queue again after `attempts` deliveries.
    package func requeued(_ sequence: UInt64, attempts: UInt16, isTimeout: Bool) {
        note { $0.requeued(sequence, attempts: attempts, isTimeout: isTimeout) }
    }

    /// Notes a message that waits for its time.
    package func deferred(_ sequence: UInt64, _ redelivery: ChannelState.Redelivery) {
        note { $0.deferred(sequence, redelivery) }
    }

    /// Notes that everything below `end` is done with.
    package func emptied(below end: UInt64) { note { $0.emptied(below: end) } }

    /// Notes that what lies below `end` was delivered for the first time, so that a crash leaves a trace of it.
    package func delivered(below end: UInt64) { note { $0.delivered(below: end) } }

    private func note(_ body: (inout LedgerEntries) -> Void) {
        let becameDirty = staged.withLock { staged in
            body(&staged.entries)
            defer { staged.isDirty = true }
            return !staged.isDirty
        }
        if becameDirty { dirtied(self) }
    }

    // MARK: - Writing

    /// Writes what was noted.
    ///
    /// Durability: handed to the kernel on return.
    ///
    /// - Throws: `.io` or `.noSpace`; the entries are kept for the next flush.
    /// - Returns: whether the file has grown so far that it should be checkpointed.
    @discardableResult
    package func flush() throws(DiskQueueError) -> Bool {
        try output.withLock { (output) throws(DiskQueueError) in
            try flush(&output)
            return output.end > LedgerFormat.rotateBytes
        }
    }

    /// Makes durable what was flushed.
    package func synchronize() throws(DiskQueueError) {
        let file: (any File)? = output.withLock { output in
            guard output.isUnsynced else { return nil }
            output.isUnsynced = false
            return output.file
        }
        guard let file else { return }
        do {
            try file.synchronizeData()
            try fileSystem.synchronizeDirectory(folder)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Rises with everything that was written.
    var activity: UInt64 { output.withLock { UInt64($0.end) } }

    /// Lets the file go while nothing happens; `false` while it waits for its sync.
    package func rest(waitsForSync: Bool = true) -> Bool {
        output.withLock { output in
            guard !output.isUnsynced || !waitsForSync else { return false }
            output.file = nil
            return true
        }
    }

    private func flush(_ output: inout Output) throws(DiskQueueError) {
        let (before, after, isCut) = staged.withLock { staged in
            staged.isDirty = false
            defer { staged.beforeCut = [] }
            return (staged.beforeCut, staged.entries.take(), staged.isCut)
        }
        output.held += before
        if !after.isEmpty {
            output.held.append(after)
            if isCut { output.carried.append(after) }
        }
        guard !output.held.isEmpty else { return }
        do {
            try writeHeldOrGiveRoom(&output)
        } catch {
            if output.held.reduce(0, { $0 + $1.count }) > Self.maximumHeldBytes {
                output.held.removeAll()
            }
            throw DiskQueueError(error)
        }
    }

    private func writeHeldOrGiveRoom(_ output: inout Output) throws(FileSystemError) {
        do {
            try writeHeld(&output)
        } catch {
            guard ErrorNumber.isNoSpace(error.errno), reserve?.release() == true else {
                throw error
            }
            try writeHeld(&output)
        }
    }

    private func writeHeld(_ output: inout Output) throws(FileSystemError) {
        let file: any File
        if let open = output.file {
            file = open
        } else {
            file = try fileSystem.open(path, .createIfMissing)
            output.file = file
        }
        if output.end == 0 {
            try Self.write(output.header, to: file)
            output.end = LedgerFormat.headerBytes
        }
        while let payload = output.held.first {
            let block = LedgerBlock(kind: .entries, payload: payload)
                .encoded(uuid: output.header.uuid, at: output.end)
            try file.write(block, at: output.end)
            output.end += block.count
            output.held.removeFirst()
            output.isUnsynced = true
        }
    }

    private static func write(_ header: LedgerHeader, to file: any File) throws(FileSystemError) {
        var bytes = [UInt8](repeating: 0, count: LedgerFormat.headerBytes)
        bytes.withUnsafeMutableBytes { header.encode(into: $0) }
        try file.write(bytes, at: 0)
    }

    // MARK: - Checkpoint

    /// Counts the checkpoints that began a new file.
    package var generation: UInt64 { output.withLock { $0.header.generation } }

    /// Claims the next checkpoint; `false` while one is being made.
    package func beginCheckpoint() -> Bool {
        !isCheckpointing.exchange(true, ordering: .acquiringAndReleasing)
    }

    /// Lets the next checkpoint be claimed.
    package func endCheckpoint() { isCheckpointing.store(false, ordering: .releasing) }

    /// Marks the moment at which the channel's state is taken for a checkpoint: entries noted later
    /// belong to the next generation too.
    ///
    /// Called under the lock that orders the channel's changes; does no I/O.
    package func cut() {
        staged.withLock { staged in
            if !staged.entries.isEmpty { staged.beforeCut.append(staged.entries.take()) }
            staged.isCut = true
        }
    }

    /// Replaces the file by one that begins with `state`, taken at the last ``cut()``.
    ///
    /// Durability: the new file is on stable storage before it takes the name, so a crash finds the old or the
    /// new one. Isolation: off the event loops, one call at a time.
    ///
    /// - Returns: the new generation.
    package func install(_ state: ChannelState) throws(DiskQueueError) -> UInt64 {
        defer {
            output.withLock { output in
                output.carried.removeAll()
                staged.withLock { $0.isCut = false }
            }
        }
        var header = output.withLock { $0.header }
        header.generation += 1
        header.uuid = UInt64.random(in: 1...UInt64.max)
        let temporary = path + ".tmp"
        let block = LedgerBlock(kind: .checkpoint, payload: state.encoded())
            .encoded(uuid: header.uuid, at: LedgerFormat.headerBytes)
        do {
            let file = try fileSystem.open(temporary, .createIfMissing)
            try file.truncate(to: 0)
            try Self.write(header, to: file)
            try file.write(block, at: LedgerFormat.headerBytes)
            try file.synchronizeData()
            try adopt(file, header, end: LedgerFormat.headerBytes + block.count, from: temporary)
            try fileSystem.synchronizeDirectory(folder)
        } catch {
            throw DiskQueueError(error)
        }
        return header.generation
    }

    private func adopt(
        _ file: any File,
        _ header: LedgerHeader,
        end: Int,
        from temporary: String
    ) throws(FileSystemError) {
        try output.withLock { (output) throws(FileSystemError) in
            // SWALLOW: what the old file does not take is held, and written to the new one below.
            try? flush(&output)
            let held = output.held
            var next = output
            next.header = header
            next.file = file
            next.end = end
            next.held = output.carried
            next.isUnsynced = false
            for payload in held where !next.held.contains(payload) { next.held.append(payload) }
            try writeHeld(&next)
            try fileSystem.rename(temporary, to: path)
            next.carried = []
            output = next
        }
    }
}
