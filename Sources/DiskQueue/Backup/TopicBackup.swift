/// Copies the files of one topic while somebody may be writing to them.
///
/// Ledgers are read before segments, so that no ledger names a message that its log lacks. A segment that is deleted
/// in between was finished on every channel after the ledgers were read; they are then read once more, and what the
/// segments gained since.
struct TopicBackup {
    private let id: String
    private let source: String
    private let target: String
    private let transfer: FileTransfer
    private let isLive: Bool
    private var ledgers: [String: FileDigest] = [:]
    /// Segments that nobody appends to any more, copied whole.
    private var complete: [UInt64: FileDigest] = [:]
    /// The segment that was the last one when it was copied.
    private var last: (sequence: UInt64, digest: FileDigest)?
    /// One line for each thing that was not as expected.
    private(set) var notes: [String] = []

    /// Rounds after which segments are taken to be deleted faster than they can be copied.
    private static let maximumRounds = 20

    /// Readings of a tail that somebody writes to.
    private static let maximumReadings = 5

    /// The topic in folder `id` of the store at `dataPath`, to be copied into the backup at `directory`.
    ///
    /// `isLive`: whether somebody may be writing.
    init(
        id: String,
        dataPath: String,
        directory: String,
        transfer: FileTransfer,
        isLive: Bool
    ) {
        self.id = id
        source = "\(Store.topicsFolder(in: dataPath))/\(id)"
        target = "\(directory)/\(BackupPath.topics)/\(id)"
        self.transfer = transfer
        self.isLive = isLive
    }

    /// Copies the topic; the caller makes it durable.
    ///
    /// - Returns: what was copied; nothing when the topic was deleted meanwhile.
    mutating func run() throws(DiskQueueError) -> [BackupManifest.Entry] {
        do throws(FileSystemError) {
            guard let first = try names(), first.contains(where: BackupPath.isTopicFile) else {
                return []
            }
            noteStrangers(first)
            try transfer.fileSystem.makeDirectory(target)
        } catch {
            throw DiskQueueError(error)
        }
        for round in 1...Self.maximumRounds {
            guard let missed = try copyOnce() else { return try discard() }
            if missed == 0 { break }
            if round == Self.maximumRounds {
                notes.append(
                    "\(source): segments are deleted faster than they can be copied; a start on the backup may"
                        + " report messages missing that were finished meanwhile"
                )
            }
        }
        if ledgers.isEmpty, complete.isEmpty, last == nil { return try discard() }
        return entries
    }

    private var entries: [BackupManifest.Entry] {
        var found = ledgers
        for (sequence, digest) in complete { found[Segment.fileName(sequence)] = digest }
        if let last { found[Segment.fileName(last.sequence)] = last.digest }
        return found.map { name, digest in
            BackupManifest.Entry(
                path: "\(BackupPath.topics)/\(id)/\(name)",
                byteCount: digest.byteCount,
                sha256: digest.sha256
            )
        }
    }

    // MARK: - Rounds

    /// Copies the ledgers, then the segments that are not there yet.
    ///
    /// - Returns: segments that were there before the ledgers were read and could not be copied; `nil` when the topic
    ///   is gone.
    private mutating func copyOnce() throws(DiskQueueError) -> Int? {
        do {
            guard let before = try sequences() else { return nil }
            try copyLedgers()
            guard let now = try sequences() else { return nil }
            if let last, complete[last.sequence] == nil, now.last != last.sequence {
                // It is either complete now, or finished and gone.
                try drop(Segment.fileName(last.sequence))
                self.last = nil
            }
            for sequence in now where complete[sequence] == nil {
                try copySegment(sequence, isLast: sequence == now.last)
            }
            return before.count { complete[$0] == nil && last?.sequence != $0 }
        } catch {
            throw DiskQueueError(any: error)
        }
    }

    private mutating func copyLedgers() throws(FileSystemError) {
        for name in ledgers.keys { try drop(name) }
        ledgers.removeAll()
        for name in try names() ?? [] where BackupPath.isTopicFile(name) {
            guard Ledger.channelID(inFileName: name) != nil, let file = try open(name) else {
                continue
            }
            ledgers[name] = try transfer.copy(file, to: "\(target)/\(name)")
        }
    }

    private mutating func copySegment(_ sequence: UInt64, isLast: Bool) throws {
        let name = Segment.fileName(sequence)
        guard let file = try open(name) else { return }
        var digest = try transfer.copy(file, to: "\(target)/\(name)")
        if isLast, isLive {
            digest = try settle(file, named: name, sequence: sequence) ?? digest
        }
        // A deleted segment's file may have been written over by another one's while it was read.
        guard try isStillThere(name) else {
            try drop(name)
            if last?.sequence == sequence { last = nil }
            return
        }
        if isLast { last = (sequence, digest) } else { complete[sequence] = digest }
    }

    /// Reads again what changed while it was read: a batch that was half there, with whole ones behind it by now.
    ///
    /// A batch that is still being written when the last byte was read is cut by the next start, as after a crash.
    ///
    /// - Returns: what the copy holds now; `nil` when it is as it was.
    private func settle(
        _ file: any File,
        named name: String,
        sequence: UInt64
    ) throws -> FileDigest? {
        let path = "\(target)/\(name)"
        var changed = false
        for _ in 1...Self.maximumReadings {
            let copy = try transfer.fileSystem.open(path, .readWrite)
            guard let uuid = try uuid(of: copy) else {
                // The file is being made.
                _ = try transfer.copy(file, to: path)
                changed = true
                continue
            }
            let scan = try SegmentScan(
                file: copy,
                uuid: uuid,
                firstSequence: sequence,
                bound: .max,
                verifiesPayloads: true,
                checks: .all
            )
            if scan.damage.isEmpty { break }
            changed = true
            for range in scan.damage { try transfer.copy(range, of: file, to: copy) }
        }
        return changed ? try transfer.silent.digest(of: path) : nil
    }

    private func uuid(of file: any File) throws(FileSystemError) -> UInt64? {
        let raw = try file.read(SegmentFormat.headerBytes, at: 0)
        return raw.withUnsafeBytes { bytes in
            // SWALLOW: a header that is none has no uuid.
            (try? SegmentHeader(decoding: bytes))?.uuid.low
        }
    }

    // MARK: - Files

    /// The names in the topic's folder; `nil` when it is gone.
    private func names() throws(FileSystemError) -> [String]? {
        do throws(FileSystemError) {
            return try transfer.fileSystem.list(source)
        } catch {
            guard ErrorNumber.isMissing(error.errno) else { throw error }
            return nil
        }
    }

    /// The segments in the topic's folder, in order; `nil` when it is gone.
    private func sequences() throws(FileSystemError) -> [UInt64]? {
        let found = try names()
        return found?.filter(BackupPath.isTopicFile)
            .compactMap { Segment.sequence(inFileName: $0) }.sorted()
    }

    /// Opens a file of the topic; `nil` when it is gone.
    private func open(_ name: String) throws(FileSystemError) -> (any File)? {
        do throws(FileSystemError) {
            return try transfer.fileSystem.open("\(source)/\(name)", .readOnly)
        } catch {
            guard ErrorNumber.isMissing(error.errno) else { throw error }
            return nil
        }
    }

    /// Whether the file of that name is the one that was copied.
    private func isStillThere(_ name: String) throws(FileSystemError) -> Bool {
        guard let file = try open(name) else { return false }
        let copy = try transfer.fileSystem.open("\(target)/\(name)", .readOnly)
        return try file.read(SegmentFormat.headerBytes, at: 0)
            == copy.read(SegmentFormat.headerBytes, at: 0)
    }

    private func drop(_ name: String) throws(FileSystemError) {
        let path = "\(target)/\(name)"
        if transfer.fileSystem.exists(path) { try transfer.fileSystem.remove(path) }
    }

    /// Removes what was copied of a topic that is gone.
    private func discard() throws(DiskQueueError) -> [BackupManifest.Entry] {
        do {
            for name in try transfer.fileSystem.list(target) { try drop(name) }
            try transfer.fileSystem.removeDirectory(target)
        } catch {
            throw DiskQueueError(error)
        }
        return []
    }

    private mutating func noteStrangers(_ names: [String]) {
        // A checkpoint in the making is nothing to tell of.
        let strangers = names.filter {
            !BackupPath.isTopicFile($0) && !$0.hasSuffix("\(Ledger.fileSuffix).tmp")
        }
        notes += strangers.sorted().map { "\(source)/\($0) is not copied" }
    }
}

extension FileTransfer {
    /// The same, telling nobody.
    fileprivate var silent: FileTransfer {
        FileTransfer(fileSystem: fileSystem) { _ in }
    }
}
