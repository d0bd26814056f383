import GRDB
private import Glibc
private import NSQCore

/// What the metadata of a store says, read from a copy: SQLite makes files beside a database that it reads.
///
/// A daemon may be writing; the copy is taken again until nothing moved under it.
package struct MetadataCopy: Sendable {
    /// What it says; nothing where the database is missing or damaged.
    package private(set) var stored = StoredMetadata()
    /// The latest snapshots, newest first.
    package private(set) var snapshots: [NumberedSnapshot] = []
    /// One line for each thing that was not as expected.
    package private(set) var notes: [String] = []

    private static let maximumCopies = 20
    /// Ten thousand topics take some mebibytes.
    private static let maximumBytes = 1 << 30

    /// Reads the metadata of a data path.
    ///
    /// Damage is told in ``notes``, since segments and ledgers say all that the metadata says.
    ///
    /// `isThorough`: whether SQLite checks every index and page, not only what it takes to open.
    ///
    /// - Throws: `.unsupportedVersion`; `.io` when there is no room for a copy.
    package static func load(
        _ dataPath: String,
        isThorough: Bool = false
    ) throws(DiskQueueError) -> MetadataCopy {
        var copy = MetadataCopy()
        let source = MetadataDatabase.path(in: dataPath)
        guard PosixFileSystem().exists(source) else {
            copy.notes.append("\(source) is missing; topics and channels are those of the segments")
            return copy
        }
        let folder = try makeFolder()
        defer { remove(folder) }
        do throws(DiskQueueError) {
            try copyStable(source, into: folder)
            let store = try SQLiteMetadataStore(dataPath: folder)
            defer { store.close() }
            copy.stored = try store.load()
            copy.snapshots = try store.numberedSnapshots()
            if isThorough {
                copy.notes += try store.integrityErrors().map { "\(source): \($0)" }
            }
            if store.damagedRowCount > 0 {
                copy.notes.append("\(source): \(store.damagedRowCount) rows are damaged")
            }
        } catch {
            guard error.code == .corrupt else { throw error }
            let reason = error.message.replacing(folder, with: dataPath)
            copy.notes.append(reason)
        }
        return copy
    }

    static func copyStable(_ source: String, into folder: String) throws(DiskQueueError) {
        let target = MetadataDatabase.path(in: folder)
        do {
            guard try PosixFileSystem().open(source, .readOnly).size() <= maximumBytes else {
                throw DiskQueueError(.corrupt, "metadata \(source) is larger than 1 GiB")
            }
            for attempt in 1...maximumCopies {
                let before = try fingerprint(source)
                try FileCopy.copy(source, to: target)
                if PosixFileSystem().exists("\(source)-wal") {
                    try FileCopy.copy("\(source)-wal", to: "\(target)-wal")
                }
                if try fingerprint(source) == before { return }
                if attempt < maximumCopies {
                    try PosixFileSystem().remove(target)
                    if PosixFileSystem().exists("\(target)-wal") {
                        try PosixFileSystem().remove("\(target)-wal")
                    }
                }
            }
        } catch let error as FileSystemError {
            guard ErrorNumber.isNoFile(error.errno) else { throw DiskQueueError(error) }
            throw DiskQueueError(.corrupt, "metadata \(source) is no file")
        } catch let error as DiskQueueError {
            throw error
        } catch {
            throw DiskQueueError(.io, "cannot copy \(source): \(error)")
        }
        throw DiskQueueError(.io, "\(source) changes all the time; try again")
    }

    /// The bytes that change when the log is copied into the database, or begun anew.
    private static func fingerprint(_ source: String) throws(FileSystemError) -> [[UInt8]] {
        let fileSystem = PosixFileSystem()
        var parts = [try fileSystem.open(source, .readOnly).read(100, at: 0)]
        if fileSystem.exists("\(source)-wal") {
            parts.append(try fileSystem.open("\(source)-wal", .readOnly).read(32, at: 0))
        }
        return parts
    }

    /// Holds back, or lets through, the signals that end a command, so that none leaves the copy behind.
    private static func changeInterruptions(_ how: Int32) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(how, &signals, nil)
    }

    /// Makes a folder for a copy; until it is removed the command cannot be interrupted.
    static func makeFolder() throws(DiskQueueError) -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/nsq-inspect-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            let reason = SystemErrorText.of(errno).lowercased()
            throw DiskQueueError(.io, "cannot make a directory in \(parent) for a copy: \(reason)")
        }
        changeInterruptions(SIG_BLOCK)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the folder of a copy.
    static func remove(_ folder: String) {
        let fileSystem = PosixFileSystem()
        // SWALLOW: what cannot be removed lies where temporary files are cleaned.
        for name in (try? fileSystem.list(folder)) ?? [] {
            try? fileSystem.remove("\(folder)/\(name)")
        }
        // SWALLOW: as above.
        try? fileSystem.removeDirectory(folder)
        changeInterruptions(SIG_UNBLOCK)
    }
}
