package import NSQCore
internal import Synchronization

/// A data path on the real file system: locked for this process, with its metadata open.
///
/// Isolation: opened and closed off the event loops.
package final class DataPath: Sendable {
    /// The lock and the run marker.
    package let lock: DirectoryLock
    /// The metadata.
    package let metadata: SQLiteMetadataStore
    /// What was found and done on the way, one line each.
    package let notes: [String]
    /// Whether no store of ours was there before; an `nsqd.dat` may be.
    package let isNew: Bool

    private let path: String

    /// Locks the data path and opens its metadata; a damaged database is set aside and made anew, since
    /// segments and ledgers say all that it said.
    ///
    /// `rebuildsMetadata`: whether one that is not damaged is made anew too.
    ///
    /// - Throws: `.locked`, `.unusable`, `.unsupportedVersion` with nothing changed; `.io`.
    package init(
        _ path: String,
        syncPolicy: SyncPolicy,
        rebuildsMetadata: Bool = false
    ) throws(DiskQueueError) {
        self.path = path
        lock = try DirectoryLock.acquire(dataPath: path, syncMode: "\(syncPolicy)")
        let hasTopics = PosixFileSystem().exists(Store.topicsFolder(in: path))
        var notes: [String] = []
        var opened: SQLiteMetadataStore?
        do throws(DiskQueueError) {
            try NewerFormat.refuse(below: path, in: PosixFileSystem())
            SpaceReserve.makeRoom(below: path)
            opened = try Self.openMetadata(path)
        } catch {
            guard error.code == .corrupt || rebuildsMetadata && error.code == .io else {
                try lock.abandon()
                throw error
            }
            notes.append("\(error.message); set aside and rebuilt from the segments")
        }
        if opened == nil || rebuildsMetadata {
            opened?.close()
            let aside = try SQLiteMetadataStore.setAside(
                dataPath: path,
                fileSystem: PosixFileSystem()
            )
            if let aside, rebuildsMetadata, notes.isEmpty {
                notes.append(
                    "metadata set aside as \(aside) and rebuilt from the segments, as asked"
                )
            }
            opened = nil
        }
        if let stranger = PosixFileSystem().strangeOwner(path) {
            notes.append("\(path) belongs to user \(stranger), who can put other files there")
        }
        metadata = if let opened { opened } else { try SQLiteMetadataStore(dataPath: path) }
        self.notes = notes
        isNew = !hasTopics
    }

    /// Opens the metadata and reads all of it once: some damage shows only then.
    private static func openMetadata(_ path: String) throws(DiskQueueError) -> SQLiteMetadataStore {
        let metadata = try SQLiteMetadataStore(dataPath: path)
        do throws(DiskQueueError) {
            _ = try metadata.load()
        } catch {
            metadata.close()
            throw error
        }
        return metadata
    }

    /// How a store on this path is opened; the caller sets the rest.
    package func configuration(
        nodeID: NodeID,
        time: any TimeSource
    ) -> StoreConfiguration {
        let previous = lock.previous
        return StoreConfiguration(
            dataPath: path,
            fileSystem: PosixFileSystem(),
            nodeID: nodeID,
            time: time,
            wasClean: previous?.isClean ?? isNew,
            mayHaveLostPower: !isNew && RunMarker.mayHaveLostPower(since: previous)
        )
    }
}
