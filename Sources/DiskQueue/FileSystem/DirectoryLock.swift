private import Glibc
private import NSQCore
private import Synchronization

/// One process per data path: holds the locks, and the run marker in `nsqd.lock`.
///
/// Two `flock`s are held until the last reference goes: on the directory, as the original daemon takes
/// it, so that the two programs exclude each other; and on `nsqd.lock`. The kernel drops both however the
/// process ends. A process that does not get them changes nothing in the directory.
///
/// Isolation: callable from any thread.
package final class DirectoryLock: Sendable {
    /// Name of the lock file inside the data path.
    package static let fileName = "nsqd.lock"

    /// How the run before this one ended; `nil` on the first start in this directory.
    package let previous: RunMarker?

    /// The id of the machine's current boot; differs from every other boot's.
    package let currentBootID: String

    private let dataPath: String
    private let directory: PosixFile
    private let file: PosixFile
    private let previousBytes: [UInt8]?
    private let marker: Mutex<RunMarker>

    /// Takes the locks, reads the previous run's marker and writes this run's.
    ///
    /// Durability: the new marker, not clean, is on stable storage on return.
    ///
    /// - Parameters:
    ///   - dataPath: the directory; empty means the current one.
    ///   - syncMode: this run's `--fsync` mode, kept in the marker for the next start.
    /// - Returns: the lock, which holds as long as it is referenced.
    /// - Throws: `.locked` when another process holds the directory, `.unusable` when it is missing or
    ///   cannot be written, `.unsupportedVersion` when a newer version used it last.
    package static func acquire(
        dataPath: String,
        syncMode: String = ""
    ) throws(DiskQueueError) -> DirectoryLock {
        try DirectoryLock(dataPath: dataPath.isEmpty ? "." : dataPath, syncMode: syncMode)
    }

    private init(dataPath: String, syncMode: String) throws(DiskQueueError) {
        let path = "\(dataPath)/\(Self.fileName)"
        self.dataPath = dataPath
        directory = try Self.attempting { () throws(FileSystemError) in
            try PosixFile(dataPath, flags: O_RDONLY | O_DIRECTORY)
        }
        try Self.lock(directory, of: dataPath)
        guard access(dataPath, W_OK | X_OK) == 0 else {
            let reason = SystemErrorText.of(errno).lowercased()
            throw Self.refusal(.unusable, "cannot write in directory \(dataPath) - \(reason)")
        }
        let existed = PosixFileSystem().exists(path)
        file = try Self.attempting { () throws(FileSystemError) in
            try PosixFile(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW)
        }
        try Self.lock(file, of: dataPath, waits: true)

        let file = self.file
        let bytes = try Self.attempting { () throws(FileSystemError) in
            try file.read(Self.maximumMarkerBytes, at: 0)
        }
        previousBytes = existed ? bytes : nil
        previous = try existed ? Self.marker(in: bytes, of: dataPath) : nil
        currentBootID = Self.readBootID()
        var bootID = currentBootID
        if let previous, !previous.isClean { bootID = previous.bootID }
        let marker = RunMarker(
            processID: getpid(),
            startedMilliseconds: Self.wallMilliseconds(),
            bootID: bootID,
            syncMode: syncMode,
            isClean: false
        )
        self.marker = Mutex(marker)
        let directory = self.directory
        try Self.attempting { () throws(FileSystemError) in
            try Self.replaceContents(of: file, with: marker.encoded)
            try directory.synchronizeNames()
        }
    }

    /// Checks that no process holds a data path; nothing is written.
    ///
    /// - Throws: `.locked` when one does, `.unusable` when the directory is missing.
    package static func requireFree(dataPath: String) throws(DiskQueueError) {
        let path = dataPath.isEmpty ? "." : dataPath
        let directory = try attempting { () throws(FileSystemError) in
            try PosixFile(path, flags: O_RDONLY | O_DIRECTORY)
        }
        // Let go when the descriptor closes.
        try lock(directory, of: path)
    }

    /// Records that everything the previous run left is judged and durable.
    ///
    /// From here on the page cache of the current boot holds all that is not. Called once recovery is
    /// done, before the first OK.
    ///
    /// Durability: on stable storage on return.
    package func markRecovered() throws(DiskQueueError) {
        try update { $0.bootID = currentBootID }
    }

    /// Records that this run ended in good order; called when all else is durable.
    ///
    /// Durability: on stable storage on return.
    package func markClean() throws(DiskQueueError) {
        try update {
            $0.bootID = currentBootID
            $0.isClean = true
        }
    }

    /// Puts back what `nsqd.lock` held before, for a start that refuses the store.
    ///
    /// A newer version's data path is left as it was found.
    package func abandon() throws(DiskQueueError) {
        do {
            if let previousBytes {
                try Self.replaceContents(of: file, with: previousBytes)
            } else {
                try PosixFileSystem().remove("\(dataPath)/\(Self.fileName)")
                try directory.synchronizeNames()
            }
        } catch {
            throw DiskQueueError(error)
        }
    }

    private func update(_ change: (inout RunMarker) -> Void) throws(DiskQueueError) {
        do {
            try marker.withLock { marker throws(FileSystemError) in
                change(&marker)
                try Self.replaceContents(of: file, with: marker.encoded)
            }
        } catch {
            throw DiskQueueError(error)
        }
    }
}

extension DirectoryLock {
    /// Longest marker that is read; ours are a tenth of it.
    private static let maximumMarkerBytes = 4096

    /// Longest wait for an inspector that looks whether the path is held, in steps of ten milliseconds.
    private static let maximumWaits = 20

    /// `waits`: whether somebody who holds it for a moment only is waited for.
    private static func lock(
        _ file: PosixFile,
        of dataPath: String,
        waits: Bool = false
    ) throws(DiskQueueError) {
        do {
            _ = try SystemCall.run("lock", dataPath) {
                var attempts = waits ? maximumWaits : 0
                while true {
                    let result = flock(file.descriptor, LOCK_EX | LOCK_NB)
                    guard result != 0, errno == EWOULDBLOCK, attempts > 0 else { return result }
                    attempts -= 1
                    _ = poll(nil, 0, 10)
                }
            }
        } catch {
            var message = "cannot flock directory \(dataPath) - \(error.reason.lowercased())"
            guard error.errno == EWOULDBLOCK else { throw refusal(.unusable, message) }
            let holder = livingProcess(of: dataPath).map { ", pid \($0)" } ?? ""
            message += " (possibly in use by another instance of nsqd\(holder))"
            throw refusal(.locked, message)
        }
    }

    /// The process that holds a data path; `nil` when none does, 0 when it does not say which it is.
    ///
    /// Asks for the lock for a moment, which a start that meets it waits for.
    package static func holder(of dataPath: String) -> Int32? {
        // SWALLOW: where there is no lock file nobody holds it.
        guard let file = try? PosixFile("\(dataPath)/\(fileName)", flags: O_RDONLY | O_NOFOLLOW),
            flock(file.descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK
        else { return nil }
        return livingProcess(of: dataPath) ?? 0
    }

    /// The living process that the marker names; `nil` when the marker is not the holder's, as under
    /// the original daemon, which leaves none.
    private static func livingProcess(of dataPath: String) -> Int32? {
        // SWALLOW: without the marker the message only lacks the process id.
        guard let marker = try? readMarker(of: dataPath), !marker.isClean, marker.processID > 0
        else { return nil }
        let isAlive = kill(marker.processID, 0) == 0 || errno == EPERM
        return isAlive ? marker.processID : nil
    }

    /// The run marker of a data path that somebody else may hold; `nil` when there is none.
    ///
    /// - Throws: `.unsupportedVersion`, `.io`.
    package static func readMarker(of dataPath: String) throws(DiskQueueError) -> RunMarker? {
        let bytes: [UInt8]
        do {
            let file = try PosixFile("\(dataPath)/\(fileName)", flags: O_RDONLY | O_NOFOLLOW)
            bytes = try file.read(maximumMarkerBytes, at: 0)
        } catch {
            if ErrorNumber.isMissing(error.errno) { return nil }
            guard ErrorNumber.isNoFile(error.errno) else { throw DiskQueueError(error) }
            return .unreadable
        }
        return try marker(in: bytes, of: dataPath)
    }

    private static func marker(
        in bytes: [UInt8],
        of dataPath: String
    ) throws(DiskQueueError) -> RunMarker {
        do {
            return try RunMarker(parsing: bytes)
        } catch {
            guard error.code == .unsupportedVersion else { return .unreadable }
            throw DiskQueueError(
                .unsupportedVersion,
                "\(dataPath)/\(fileName) was written by a newer version (\(error.message)): "
                    + "start that version, or choose another --data-path; nothing was changed"
            )
        }
    }

    /// Written over the old record before the file is cut, so that no crash leaves it empty.
    private static func replaceContents(
        of file: PosixFile,
        with bytes: [UInt8]
    ) throws(FileSystemError) {
        try file.write(bytes, at: 0)
        try file.truncate(to: bytes.count)
        try file.synchronizeData()
    }

    private static func attempting<Value>(
        _ body: () throws(FileSystemError) -> Value
    ) throws(DiskQueueError) -> Value {
        do {
            return try body()
        } catch {
            let reason = error.reason.lowercased()
            throw refusal(.unusable, "\(error.operation) \(error.path): \(reason)")
        }
    }

    private static func refusal(_ code: DiskQueueError.Code, _ reason: String) -> DiskQueueError {
        DiskQueueError(code, "failed to lock data-path: \(reason)")
    }

    /// The id of the machine's current boot.
    static func readBootID() -> String {
        // SWALLOW: without /proc the boots cannot be told apart, so each run counts as a boot of its own.
        guard
            let file = try? PosixFile("/proc/sys/kernel/random/boot_id", flags: O_RDONLY),
            let bytes = try? file.read(maximumMarkerBytes, at: 0), !bytes.isEmpty
        else { return "unreadable-\(getpid())-\(wallMilliseconds())" }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.filter { $0.isHexDigit || $0 == "-" }
    }

    private static func wallMilliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) &* 1000 &+ Int64(now.tv_nsec) / 1_000_000
    }
}
