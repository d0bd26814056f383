/// Looks for files of a newer version before anything is opened for writing.
enum NewerFormat {
    /// Reads the first bytes of every segment and ledger below `dataPath`.
    ///
    /// What cannot be read is left for recovery to judge.
    ///
    /// - Throws: `.unsupportedVersion` for a file that a newer version wrote.
    static func refuse(
        below dataPath: String,
        in fileSystem: any FileSystem
    ) throws(DiskQueueError) {
        let topics = Store.topicsFolder(in: dataPath)
        for name in names(in: topics, fileSystem) where UInt64(name) != nil {
            let folder = "\(topics)/\(name)"
            for file in names(in: folder, fileSystem) {
                try refuse("\(folder)/\(file)", named: file, fileSystem)
            }
        }
    }

    private static func refuse(
        _ path: String,
        named name: String,
        _ fileSystem: any FileSystem
    ) throws(DiskQueueError) {
        let isSegment = Segment.sequence(inFileName: name) != nil
        guard isSegment || Ledger.channelID(inFileName: name) != nil else { return }
        let byteCount = isSegment ? SegmentFormat.headerBytes : LedgerFormat.headerBytes
        // SWALLOW: recovery meets the same error and says what it means.
        guard let raw = try? fileSystem.open(path, .readOnly).read(byteCount, at: 0) else { return }
        let flaw: SegmentHeader.Flaw? = raw.withUnsafeBytes { bytes in
            do throws(SegmentHeader.Flaw) {
                if isSegment {
                    _ = try SegmentHeader(decoding: bytes)
                } else {
                    _ = try LedgerHeader(decoding: bytes)
                }
                return nil
            } catch {
                return error
            }
        }
        guard case .newerVersion(let version)? = flaw else { return }
        throw DiskQueueError(
            .unsupportedVersion,
            "\(path) has format version \(version), newer than this program knows"
                + " (\(isSegment ? SegmentFormat.version : LedgerFormat.version)); nothing was changed;"
                + " use a newer nsqd"
        )
    }

    private static func names(in folder: String, _ fileSystem: any FileSystem) -> [String] {
        // SWALLOW: as above.
        (try? fileSystem.list(folder)) ?? []
    }
}
