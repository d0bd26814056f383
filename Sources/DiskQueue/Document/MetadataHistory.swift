internal import NSQCore

/// The snapshots that a store keeps of its topics and channels.
package struct MetadataHistory: Sendable {
    /// One of them, as a list shows it.
    package struct Entry: Sendable {
        /// Rises, and is never used twice.
        package let number: Int64
        /// When it was taken, milliseconds since the Unix epoch.
        package let takenMilliseconds: Int64
        /// What changed, such as `channel saved: archive`.
        package let reason: String
        /// What the store had.
        package let document: MetadataDocument
        /// Channels of all topics.
        package var channelCount: Int { document.topics.reduce(0) { $0 + $1.channels.count } }
    }

    /// One line for each thing that was not as expected.
    package let notes: [String]

    private let snapshots: [NumberedSnapshot]
    private let dataPath: String

    /// Reads the snapshots of a data path; a running daemon is not disturbed.
    ///
    /// - Throws: `.unusable` when there is no store, `.unsupportedVersion`, `.io`.
    package init(dataPath: String) throws(DiskQueueError) {
        guard PosixFileSystem().exists(MetadataDatabase.path(in: dataPath)) else {
            throw DiskQueueError(.unusable, "\(dataPath) holds no \(SQLiteMetadataStore.fileName)")
        }
        let copy = try MetadataCopy.load(dataPath)
        snapshots = copy.snapshots
        notes = copy.notes
        self.dataPath = dataPath
    }

    /// The latest snapshots, newest first, `limit` at most.
    ///
    /// - Throws: `.corrupt` for one that is no `nsqd.dat`.
    package func entries(limit: Int) throws(DiskQueueError) -> [Entry] {
        var entries: [Entry] = []
        for snapshot in snapshots.prefix(max(0, limit)) { entries.append(try entry(snapshot)) }
        return entries
    }

    /// The snapshot of that number.
    ///
    /// - Throws: `.unusable` when there is none, `.corrupt`.
    package func entry(_ number: Int64) throws(DiskQueueError) -> Entry {
        guard let snapshot = snapshots.first(where: { $0.number == number }) else {
            throw DiskQueueError(.unusable, "\(dataPath) keeps no snapshot \(number)")
        }
        return try entry(snapshot)
    }

    private func entry(_ snapshot: NumberedSnapshot) throws(DiskQueueError) -> Entry {
        let outcome = try NSQDDatParser.parse(
            Array(snapshot.record.document.utf8),
            path: "snapshot \(snapshot.number) of \(dataPath)"
        )
        return Entry(
            number: snapshot.number,
            takenMilliseconds: snapshot.record.takenMilliseconds,
            reason: snapshot.record.reason,
            document: MetadataDocument(outcome.document)
        )
    }
}
