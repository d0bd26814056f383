/// Takes over the data path of the original where it stands: once, and whole.
///
/// | a crash | leaves | the next start |
/// |---|---|---|
/// | before the topics get their place | a folder `nsqd-import` | removes it and begins anew |
/// | behind that | that folder, with `original` in it | moves the rest of the files |
/// | while the folder is removed | some of it | removes the rest |
package struct GoTakeOver {
    /// What was done.
    package struct Outcome: Sendable {
        /// What was imported; `nil` when an earlier start did that.
        package fileprivate(set) var report: GoImportReport?
        /// Where the original files are; `nil` when they could not be moved.
        package fileprivate(set) var originals: String?
        /// One line for each thing that was not as expected.
        package fileprivate(set) var warnings: [String] = []

        /// One line that says what was done; `nil` when only files were removed.
        package var summary: String? {
            let place = originals.map { "the original files are in \($0)" }
            guard let report else {
                return place.map { "finished taking over the data path of a Go nsqd: \($0)" }
            }
            let counts = """
                \(report.topicCount) topics, \(report.channelCount) channels, \
                \(report.messageCount) messages
                """
            let rest = place ?? "the original files are still where they were"
            return "took over the data path of a Go nsqd: \(counts); \(rest)"
        }
    }

    private let dataPath: String
    private let fileSystem: any FileSystem
    private let staging: ImportStaging

    /// Names the folder of the original files.
    private static let originalsName = "nsqd-original"
    /// Folders of that name, with a number, that are tried.
    private static let maximumOriginals = 1000

    private var inProgress: String { "\(staging.folder)/original" }
    private var damagedList: String { "\(staging.folder)/damaged" }

    /// Prepares the take-over of `dataPath`, whose lock the caller holds.
    package init(_ dataPath: String, in fileSystem: any FileSystem = PosixFileSystem()) {
        self.dataPath = dataPath
        self.fileSystem = fileSystem
        staging = ImportStaging(dataPath: dataPath, fileSystem: fileSystem)
    }

    /// Takes over what there is, or finishes what an earlier start began; before the store is opened.
    ///
    /// Durability: the store is on stable storage on return.
    ///
    /// - Parameters:
    ///   - configuration: how the store is opened.
    ///   - known: rows of an earlier store in the data path, whose numbers are not used again.
    ///   - options: how the files are read.
    /// - Returns: `nil` when there was nothing to do.
    /// - Throws: `.corrupt` for an `nsqd.dat` that is none, `.noSpace`, `.io`; everything is as it was then.
    package func run(
        _ configuration: StoreConfiguration,
        known: StoredMetadata,
        options: GoImportOptions
    ) throws(DiskQueueError) -> Outcome? {
        guard !fileSystem.exists(Store.topicsFolder(in: dataPath)) else { return try goOn() }
        try staging.end()
        guard let source = try GoDataPath(dataPath, options: options, in: fileSystem) else {
            return nil
        }
        let goImport = GoImport(source, into: dataPath, in: fileSystem)
        let report = try goImport.prepare(configuration, known: known)
        try prepareMove(report.damagedFiles)
        try staging.commit()
        var outcome = Outcome(report: report, warnings: report.notes)
        moveOriginals(&outcome)
        return outcome
    }

    /// What a start on a store of ours does.
    private func goOn() throws(DiskQueueError) -> Outcome? {
        var outcome = Outcome()
        if fileSystem.exists(inProgress) {
            moveOriginals(&outcome)
            return outcome
        }
        try staging.end()
        let listing = try GoDataPathListing(dataPath, in: fileSystem)
        guard let first = listing.files.first else { return nil }
        outcome.warnings.append(
            """
            \(dataPath) holds \(listing.files.count) queue files of a Go nsqd, such as \(first), beside a \
            store: they are not read; nsq-inspect import-nsqd makes a store of them
            """
        )
        return outcome
    }

    // MARK: - The original files

    /// Notes what the move needs to know; durable on return.
    private func prepareMove(_ damaged: [String]) throws(DiskQueueError) {
        do throws(FileSystemError) {
            try fileSystem.makeDirectory(inProgress)
            let document = "\(dataPath)/\(NSQDDat.fileName)"
            if fileSystem.exists(document) {
                let copy = "\(inProgress)/\(NSQDDat.fileName)"
                try FileCopy.copy(document, to: copy, in: fileSystem)
                try fileSystem.open(copy, .readWrite).synchronizeData()
            }
            try fileSystem.synchronizeDirectory(inProgress)
            let list = try fileSystem.open(damagedList, .createNew)
            try list.write(Array(damaged.joined(separator: "\n").utf8), at: 0)
            try list.synchronizeData()
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Moves the files of the original aside; a damaged one stays under the name that the original gives it.
    ///
    /// What cannot be moved now is moved by the next start: it is never imported again.
    private func moveOriginals(_ outcome: inout Outcome) {
        do throws(DiskQueueError) {
            let damaged = try readDamaged()
            for name in try GoDataPathListing(dataPath, in: fileSystem).files {
                try move(name, isDamaged: damaged.contains(name), &outcome)
            }
            do {
                try fileSystem.synchronizeDirectory(inProgress)
                try fileSystem.synchronizeDirectory(dataPath)
                let target = freeName()
                try fileSystem.rename(inProgress, to: target)
                try fileSystem.synchronizeDirectory(dataPath)
                outcome.originals = target
            } catch {
                throw DiskQueueError(error)
            }
            try staging.end()
        } catch {
            outcome.warnings.append(
                "the files of the Go nsqd are not moved aside, the next start goes on: \(error.message)"
            )
        }
    }

    private func move(
        _ name: String,
        isDamaged: Bool,
        _ outcome: inout Outcome
    ) throws(DiskQueueError) {
        var target = "\(inProgress)/\(name)"
        if isDamaged {
            let bad = "\(dataPath)/\(GoFileName.bad(name))"
            if fileSystem.exists(bad) {
                outcome.warnings.append("\(bad) exists: the damaged \(name) goes with the others")
            } else {
                target = bad
            }
        }
        guard !fileSystem.exists(target) else {
            outcome.warnings.append("\(target) exists: \(dataPath)/\(name) stays")
            return
        }
        do {
            try fileSystem.rename("\(dataPath)/\(name)", to: target)
        } catch {
            throw DiskQueueError(error)
        }
    }

    private func readDamaged() throws(DiskQueueError) -> Set<String> {
        do {
            let file = try fileSystem.open(damagedList, .readOnly)
            let bytes = try file.read(try file.size(), at: 0)
            return Set(
                String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            )
        } catch {
            throw DiskQueueError(error)
        }
    }

    private func freeName() -> String {
        let first = "\(dataPath)/\(Self.originalsName)"
        let names = (2...Self.maximumOriginals).lazy.map { "\(first)-\($0)" }
        return fileSystem.exists(first) ? names.first { !fileSystem.exists($0) } ?? first : first
    }
}
