private import Glibc
private import NSQCore

/// Makes a copy of a store that can be restored anywhere, while an nsqd uses it or not.
///
/// The copy is one that a crash could have left: metadata first, then topic by topic the ledgers and after them the
/// segments, so that nothing leads what it speaks of. Each topic is as it was at a moment of its own. Files are copied
/// and never linked: that of a deleted segment is written over in place when it is recycled, so a link would change
/// under the backup.
package struct StoreBackup {
    /// What a backup gave.
    package struct Outcome: Sendable {
        /// What the backup holds.
        package let manifest: BackupManifest
        /// One line for each thing that was not as expected, or was left out.
        package let notes: [String]
    }

    private let dataPath: String
    private let directory: String
    private let fileSystem: any FileSystem
    private let progress: BackupProgress
    private var notes: [String] = []
    private var entries: [BackupManifest.Entry] = []

    /// Names in a data path that are no part of the store's content, or are copied in another way.
    private static let ordinary: Set = [
        SQLiteMetadataStore.fileName, "\(SQLiteMetadataStore.fileName)-wal",
        "\(SQLiteMetadataStore.fileName)-shm", NSQDDat.fileName, DirectoryLock.fileName,
        BackupPath.topics, "reserve", "recycled",
    ]

    /// Copies the store at `dataPath` into `directory`, which must be empty or not exist.
    ///
    /// Durability: the backup is on stable storage on return, its name too.
    ///
    /// - Parameters:
    ///   - dataPath: the store; an nsqd may use it.
    ///   - directory: where the backup goes.
    ///   - fileSystem: the real one, or a test's view of it.
    ///   - progress: told of each piece.
    /// - Returns: what the backup holds, and what was left out.
    /// - Throws: `.unusable` when there is no store or `directory` holds something, `.unsupportedVersion` for a store
    ///   of a newer version, `.io`, `.noSpace`. What was copied until then is no backup: it has no manifest.
    package static func make(
        of dataPath: String,
        to directory: String,
        fileSystem: any FileSystem = PosixFileSystem(),
        progress: @escaping (_ done: UInt64, _ total: UInt64) -> Void
    ) throws(DiskQueueError) -> Outcome {
        var backup = StoreBackup(
            dataPath: dataPath.withoutTrailingSlashes,
            directory: directory.withoutTrailingSlashes,
            fileSystem: fileSystem,
            progress: BackupProgress(progress)
        )
        return try backup.run()
    }

    private init(
        dataPath: String,
        directory: String,
        fileSystem: any FileSystem,
        progress: BackupProgress
    ) {
        self.dataPath = dataPath
        self.directory = directory
        self.fileSystem = fileSystem
        self.progress = progress
    }

    private mutating func run() throws(DiskQueueError) -> Outcome {
        let began = SystemTime().wallNanoseconds / 1_000_000
        try checkSource()
        let holder = DirectoryLock.holder(of: dataPath)
        let marker = try DirectoryLock.readMarker(of: dataPath)
        let transfer = FileTransfer(fileSystem: fileSystem) { [progress] in progress.advance($0) }
        let isMade = !fileSystem.exists(directory)
        try prepareTarget()
        do throws(DiskQueueError) {
            progress.expect(byteCount())
            try copyMetadata(transfer)
            try copyTopics(transfer, isLive: holder != nil)
            try copyRest(transfer, marker)
        } catch {
            clean(isMade: isMade)
            throw error
        }
        let manifest = BackupManifest(
            takenMilliseconds: began,
            source: BackupManifest.Source(
                dataPath: dataPath,
                host: Self.hostName,
                isRunning: holder != nil,
                wasClean: marker?.isClean ?? false,
                program: StoreVersion.line
            ),
            files: entries
        )
        try write(manifest, transfer)
        return Outcome(manifest: manifest, notes: notes)
    }

    // MARK: - Before

    private func checkSource() throws(DiskQueueError) {
        let topics = Store.topicsFolder(in: dataPath)
        guard fileSystem.exists(topics) else {
            throw DiskQueueError(
                .unusable,
                "\(dataPath) holds no store: there is no directory \(topics)"
            )
        }
        try NewerFormat.refuse(below: dataPath, in: fileSystem)
        if fileSystem.exists("\(dataPath)/\(NSQDDat.fileName).importing") {
            throw DiskQueueError(
                .unusable,
                "\(dataPath) is taking over an \(NSQDDat.fileName), or was cut off while it did: let nsqd start on it,"
                    + " then make the backup"
            )
        }
    }

    private func prepareTarget() throws(DiskQueueError) {
        do {
            try fileSystem.makeDirectory(directory)
            guard try fileSystem.list(directory).isEmpty else {
                throw DiskQueueError(
                    .unusable,
                    "\(directory) is not empty, and a backup goes into a directory of its own"
                )
            }
            try fileSystem.makeDirectory("\(directory)/\(BackupPath.topics)")
        } catch {
            throw DiskQueueError(any: error)
        }
    }

    /// Removes what was copied: the directory was empty before.
    private func clean(isMade: Bool) {
        let fileSystem = PosixFileSystem()
        // SWALLOW: what stays is no backup, and the failure that led here is what is told.
        for name in (try? fileSystem.list(directory)) ?? [] {
            try? fileSystem.removeTree("\(directory)/\(name)")
        }
        // SWALLOW: as above.
        if isMade { try? fileSystem.removeDirectory(directory) }
    }

    /// Bytes that will be copied, by what is there now.
    private func byteCount() -> UInt64 {
        var total: UInt64 = 0
        let topics = Store.topicsFolder(in: dataPath)
        // SWALLOW: what is gone by now is not copied; what cannot be read is told when it is.
        for id in (try? fileSystem.list(topics)) ?? [] where BackupPath.isTopic(id) {
            // SWALLOW: as above.
            for name in (try? fileSystem.list("\(topics)/\(id)")) ?? []
            where BackupPath.isTopicFile(name) {
                // SWALLOW: as above.
                let size = try? fileSystem.open("\(topics)/\(id)/\(name)", .readOnly).size()
                total += UInt64(clamping: size ?? 0)
            }
        }
        return total
    }

    // MARK: - Copying

    private mutating func copyMetadata(_ transfer: FileTransfer) throws(DiskQueueError) {
        let target = "\(directory)/\(SQLiteMetadataStore.fileName)"
        let found = try MetadataBackup.copy(dataPath, to: target, in: fileSystem)
        notes += found.notes
        if found.isCopied { try add(SQLiteMetadataStore.fileName, transfer) }
    }

    private mutating func copyTopics(
        _ transfer: FileTransfer,
        isLive: Bool
    ) throws(DiskQueueError) {
        let folder = Store.topicsFolder(in: dataPath)
        let names: [String]
        do { names = try fileSystem.list(folder) } catch { throw DiskQueueError(error) }
        let ids = names.filter(BackupPath.isTopic).compactMap { UInt64($0) }.sorted()
        for id in ids {
            var topic = TopicBackup(
                id: "\(id)",
                dataPath: dataPath,
                directory: directory,
                transfer: transfer,
                isLive: isLive
            )
            entries += try topic.run()
            notes += topic.notes
        }
        let strangers = names.filter {
            !BackupPath.isTopic($0) && !$0.hasSuffix(TopicLog.deletedSuffix)
        }
        notes += strangers.sorted().map { "\(folder)/\($0) is not copied" }
    }

    private mutating func copyRest(
        _ transfer: FileTransfer,
        _ marker: RunMarker?
    ) throws(DiskQueueError) {
        do {
            let names = try fileSystem.list(dataPath)
            if names.contains(NSQDDat.fileName) {
                let file = try fileSystem.open("\(dataPath)/\(NSQDDat.fileName)", .readOnly)
                add(
                    NSQDDat.fileName,
                    try transfer.copy(file, to: "\(directory)/\(NSQDDat.fileName)")
                )
            }
            let strangers = names.filter { !Self.ordinary.contains($0) }
            notes += strangers.sorted().map { "\(dataPath)/\($0) is not copied" }
            // Whoever starts on the copy verifies what is there, and gives out no number that the store may have given
            // out since: as after a power cut, whatever the machine.
            let copied = RunMarker(
                processID: 0,
                startedMilliseconds: marker?.startedMilliseconds ?? 0,
                bootID: RunMarker.bootIDOfCopies,
                syncMode: marker?.syncMode ?? "",
                isClean: false
            )
            let target = "\(directory)/\(DirectoryLock.fileName)"
            add(DirectoryLock.fileName, try transfer.write(copied.encoded, to: target))
        } catch {
            throw DiskQueueError(error)
        }
    }

    private mutating func add(
        _ name: String,
        _ transfer: FileTransfer
    ) throws(DiskQueueError) {
        do {
            add(name, try transfer.digest(of: "\(directory)/\(name)"))
        } catch {
            throw DiskQueueError(error)
        }
    }

    private mutating func add(_ name: String, _ digest: FileDigest) {
        entries.append(
            BackupManifest.Entry(
                path: name,
                byteCount: digest.byteCount,
                sha256: digest.sha256
            )
        )
    }

    // MARK: - The end

    private func write(
        _ manifest: BackupManifest,
        _ transfer: FileTransfer
    ) throws(DiskQueueError) {
        let bytes = try manifest.encoded()
        let path = "\(directory)/\(BackupPath.manifest)"
        do {
            try fileSystem.synchronizeAll(directory)
            _ = try transfer.write(bytes, to: "\(path).tmp")
            try fileSystem.rename("\(path).tmp", to: path)
            try fileSystem.synchronizeDirectory(directory)
            try fileSystem.synchronizeDirectory(directory.parentFolder)
        } catch {
            throw DiskQueueError(error)
        }
    }

    private static var hostName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "" }
        return String(
            decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }
}

extension RunMarker {
    /// Stands in place of a boot in the marker of a copy: it is no machine's.
    static let bootIDOfCopies = "backup"
}

extension String {
    /// The path without the slashes at its end.
    var withoutTrailingSlashes: String {
        let end = lastIndex { $0 != "/" }.map(index(after:)) ?? startIndex
        return isEmpty || end > startIndex ? String(self[..<end]) : "/"
    }

    /// The directory that holds what the path names.
    var parentFolder: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
