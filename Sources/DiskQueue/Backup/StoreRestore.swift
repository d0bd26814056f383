/// Makes a store of a backup, or tells whether it could.
///
/// Nothing is written before the whole backup is verified. The files are copied into a folder that is no store yet,
/// verified there, made durable, and only then renamed into place.
package struct StoreRestore {
    private let directory: String
    private let verification: BackupVerification
    private let fileSystem = PosixFileSystem()
    private let progress: BackupProgress

    /// The backup in `directory`.
    ///
    /// `progress`: told of each piece.
    package init(
        from directory: String,
        progress: @escaping (_ done: UInt64, _ total: UInt64) -> Void
    ) {
        self.directory = directory.withoutTrailingSlashes
        verification = BackupVerification(self.directory)
        self.progress = BackupProgress(progress)
    }

    /// Checks the backup and writes nothing.
    ///
    /// - Throws: `.unusable` when `directory` holds none, `.corrupt` when it is not what its manifest lists,
    ///   `.unsupportedVersion` for one of a newer version, `.io`.
    package func verify() throws(DiskQueueError) -> BackupManifest {
        let manifest = try verification.manifest()
        progress.expect(manifest.byteCount)
        try verification.verify(manifest, transfer)
        return manifest
    }

    /// Makes the store at `dataPath`, which must be an empty directory or not exist.
    ///
    /// Durability: the store is on stable storage on return, its name too. A crash before leaves no store.
    ///
    /// - Throws: as ``verify()``; `.unusable` when `dataPath` holds something; `.noSpace`.
    package func restore(to dataPath: String) throws(DiskQueueError) -> BackupManifest {
        let target = dataPath.withoutTrailingSlashes
        let place = try place(target)
        let manifest = try verification.manifest()
        // Read to be verified, read to be copied, and the copy read back.
        let (total, overflow) = manifest.byteCount.multipliedReportingOverflow(by: 3)
        progress.expect(overflow ? .max : total)
        try verification.verify(manifest, transfer)
        do {
            try fileSystem.makeDirectory(place.staging)
            try copy(manifest, to: place.staging)
            try settle(place, target: target)
        } catch {
            // SWALLOW: the failure that led here is what is told; a leftover is no store.
            try? fileSystem.removeTree(place.staging)
            throw DiskQueueError(any: error)
        }
        return manifest
    }

    private var transfer: FileTransfer {
        FileTransfer(fileSystem: fileSystem) { [progress] in progress.advance($0) }
    }

    // MARK: - Where

    private struct Place {
        /// Where the store is made.
        let staging: String
        /// Whether that is inside the data path, which exists, or beside it.
        let isInside: Bool
    }

    private func place(_ target: String) throws(DiskQueueError) -> Place {
        do {
            let isInside = fileSystem.exists(target)
            if isInside, try !fileSystem.list(target).isEmpty {
                throw DiskQueueError(
                    .unusable,
                    "\(target) is not empty, and nothing is ever overwritten; choose another --data-path"
                )
            }
            let staging = isInside ? "\(target)/restoring" : "\(target).restoring"
            guard try fileSystem.kind(of: staging) == .none else {
                throw DiskQueueError(
                    .unusable,
                    "\(staging) is in the way: a restore was cut off; remove it and try again"
                )
            }
            return Place(staging: staging, isInside: isInside)
        } catch {
            throw DiskQueueError(any: error)
        }
    }

    // MARK: - Writing

    private func copy(_ manifest: BackupManifest, to staging: String) throws {
        let folders = Set(manifest.files.map(\.path.folder)).subtracting([""])
        try fileSystem.makeDirectory("\(staging)/\(BackupPath.topics)")
        for folder in folders { try fileSystem.makeDirectory("\(staging)/\(folder)") }
        for file in manifest.files {
            let source = try fileSystem.open("\(directory)/\(file.path)", .readOnly)
            let copied = try transfer.copy(source, to: "\(staging)/\(file.path)")
            guard copied.sha256 == file.sha256 else {
                throw DiskQueueError(
                    .corrupt,
                    "\(directory)/\(file.path) changed while it was copied; nothing was restored"
                )
            }
        }
        try fileSystem.synchronizeAll(staging)
        for file in manifest.files { try verification.check(file, below: staging, transfer) }
    }

    /// Gives the store its name.
    private func settle(_ place: Place, target: String) throws(FileSystemError) {
        guard place.isInside else {
            try fileSystem.rename(place.staging, to: target)
            try fileSystem.synchronizeDirectory(target.parentFolder)
            return
        }
        // The topics alone are a store, so that nothing half done can be taken for one.
        for name in [BackupPath.topics] + BackupPath.topFiles
        where fileSystem.exists("\(place.staging)/\(name)") {
            try fileSystem.rename("\(place.staging)/\(name)", to: "\(target)/\(name)")
            try fileSystem.synchronizeDirectory(target)
        }
        try fileSystem.removeDirectory(place.staging)
        try fileSystem.synchronizeDirectory(target)
    }
}
