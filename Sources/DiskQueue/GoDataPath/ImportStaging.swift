internal import NSQCore

/// The folder in which an imported store is made before it gets its place in the data path.
struct ImportStaging {
    /// The data path.
    let dataPath: String
    /// The file system that holds it.
    let fileSystem: any FileSystem

    /// Where the store is made.
    var folder: String { "\(dataPath)/nsqd-import" }

    /// Whether an import was cut short, before or behind its commit.
    var isThere: Bool { fileSystem.exists(folder) }

    /// Begins anew.
    func begin() throws(DiskQueueError) {
        try end()
        do {
            try fileSystem.makeDirectory(folder)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Opens an empty store in the folder; its background work is the caller's.
    ///
    /// `known`: rows of an earlier store in the data path, whose numbers are not used again.
    func openStore(
        _ configuration: StoreConfiguration,
        known: StoredMetadata
    ) throws(DiskQueueError) -> Store {
        var configuration = configuration
        configuration.dataPath = folder
        configuration.wasClean = true
        configuration.mayHaveLostPower = false
        configuration.reserveBytes = 0
        let (store, _) = try Store.open(configuration, metadata: KnownRows(rows: known)) { _ in }
        store.attach { _ in }
        return store
    }

    /// Gives the topics their place: from here on the import has happened.
    ///
    /// Durability: on stable storage on return, with all that is in the folder and was synced.
    func commit() throws(DiskQueueError) {
        do {
            try fileSystem.synchronizeDirectory(folder)
            try fileSystem.synchronizeDirectory(dataPath)
            try fileSystem.rename(
                Store.topicsFolder(in: folder),
                to: Store.topicsFolder(in: dataPath)
            )
            try fileSystem.synchronizeDirectory(dataPath)
            try fileSystem.synchronizeDirectory(folder)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Removes the folder with all that is in it.
    func end() throws(DiskQueueError) {
        guard isThere else { return }
        do {
            try removeTree(folder)
            try fileSystem.synchronizeDirectory(dataPath)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Removes a file, a link (not what it leads to), or a directory with what is in it.
    private func removeTree(_ path: String) throws(FileSystemError) {
        do throws(FileSystemError) {
            try fileSystem.remove(path)
        } catch {
            guard ErrorNumber.isNoFile(error.errno) else { throw error }
            for name in try fileSystem.list(path) { try removeTree("\(path)/\(name)") }
            try fileSystem.removeDirectory(path)
        }
    }
}

/// The metadata of a store in the making: what is known of an earlier one, and nothing is written.
private struct KnownRows: MetadataStore {
    let rows: StoredMetadata

    func load() throws(DiskQueueError) -> StoredMetadata { rows }

    func apply(_ changes: [MetadataChange]) throws(DiskQueueError) {}

    func close() {}
}
