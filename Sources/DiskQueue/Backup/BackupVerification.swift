/// Holds a backup against its manifest, and writes nothing.
///
/// Whoever made the files may mean harm: what is no regular file, or has another name than a store gives, is refused,
/// and no link is followed.
struct BackupVerification {
    private let directory: String
    private let fileSystem = PosixFileSystem()

    /// The backup in `directory`.
    init(_ directory: String) { self.directory = directory }

    private var manifestPath: String { "\(directory)/\(BackupPath.manifest)" }

    /// Reads the manifest.
    ///
    /// - Throws: `.unusable` without one, `.corrupt` for one that makes no sense, `.unsupportedVersion`, `.io`.
    func manifest() throws(DiskQueueError) -> BackupManifest {
        let bytes: [UInt8]
        do {
            guard try fileSystem.kind(of: manifestPath) != .none else {
                throw DiskQueueError(
                    .unusable,
                    "\(directory) holds no backup: there is no \(BackupPath.manifest), which is written last"
                )
            }
            guard try fileSystem.kind(of: manifestPath) == .file else {
                throw notAFile(manifestPath)
            }
            let file = try fileSystem.open(manifestPath, .readOnly)
            bytes = try file.read(min(try file.size(), BackupManifest.maximumBytes + 1), at: 0)
            guard bytes.count <= BackupManifest.maximumBytes else {
                throw refusal("\(manifestPath) has more than \(BackupManifest.maximumBytes) bytes")
            }
        } catch {
            throw DiskQueueError(any: error)
        }
        return try BackupManifest(parsing: bytes, path: manifestPath)
    }

    /// Checks that the backup holds what `manifest` lists, all of it and nothing else.
    ///
    /// - Throws: `.corrupt` where it does not, `.unsupportedVersion` for files of a newer version, `.io`.
    func verify(
        _ manifest: BackupManifest,
        _ transfer: FileTransfer
    ) throws(DiskQueueError) {
        do {
            try checkNames(manifest)
            try NewerFormat.refuse(below: directory, in: fileSystem)
            for file in manifest.files {
                try check(file, below: directory, transfer)
            }
        } catch {
            throw DiskQueueError(any: error)
        }
    }

    /// Checks one file below `folder`, a backup or a copy of one.
    func check(
        _ file: BackupManifest.Entry,
        below folder: String,
        _ transfer: FileTransfer
    ) throws(DiskQueueError) {
        let path = "\(folder)/\(file.path)"
        let found: FileDigest
        do {
            found = try transfer.digest(of: path, limit: Int(clamping: file.byteCount))
        } catch {
            throw DiskQueueError(error)
        }
        guard found.byteCount == file.byteCount else {
            throw refusal("\(path) has not the \(file.byteCount) bytes that the manifest lists")
        }
        guard found.sha256 == file.sha256 else {
            throw refusal("\(path) is damaged: its SHA-256 is not the one in the manifest")
        }
    }

    // MARK: - Names

    private func checkNames(_ manifest: BackupManifest) throws {
        var wanted = Set(manifest.files.map(\.path))
        let folders = Set(manifest.files.map(\.path.folder))
        for name in try fileSystem.list(directory) where name != BackupPath.manifest {
            if name == BackupPath.topics {
                try checkTopics(folders, &wanted)
            } else {
                try checkFile(name, &wanted)
            }
        }
        if let missing = wanted.min() {
            throw refusal("\(directory)/\(missing) is missing; the manifest lists it")
        }
    }

    private func checkTopics(_ folders: Set<String>, _ wanted: inout Set<String>) throws {
        try checkDirectory(BackupPath.topics)
        for id in try fileSystem.list("\(directory)/\(BackupPath.topics)") {
            let folder = "\(BackupPath.topics)/\(id)"
            guard folders.contains(folder) else { throw extra(folder) }
            try checkDirectory(folder)
            for name in try fileSystem.list("\(directory)/\(folder)") {
                try checkFile("\(folder)/\(name)", &wanted)
            }
        }
    }

    private func checkFile(_ path: String, _ wanted: inout Set<String>) throws {
        guard wanted.remove(path) != nil else { throw extra(path) }
        let place = "\(directory)/\(path)"
        guard try fileSystem.kind(of: place) == .file else { throw notAFile(place) }
    }

    private func checkDirectory(_ path: String) throws {
        let place = "\(directory)/\(path)"
        guard try fileSystem.kind(of: place) == .directory else {
            throw refusal("\(place) is no directory; links are not followed")
        }
    }

    // MARK: - Refusals

    private func extra(_ path: String) -> DiskQueueError {
        refusal("\(directory)/\(path) is not in the manifest")
    }

    private func notAFile(_ path: String) -> DiskQueueError {
        refusal("\(path) is no regular file; links are not followed")
    }

    private func refusal(_ reason: String) -> DiskQueueError {
        DiskQueueError(.corrupt, "\(reason); nothing was written")
    }
}

extension DiskQueueError {
    /// What either of the two kinds of failure says.
    init(any error: any Error) {
        if let error = error as? DiskQueueError {
            self = error
        } else if let error = error as? FileSystemError {
            self.init(error)
        } else {
            self.init(.io, "\(error)")
        }
    }
}
