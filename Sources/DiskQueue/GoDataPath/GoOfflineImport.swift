private import NSQCore

/// Imports a data path of the original into another directory, without changing it.
package enum GoOfflineImport {
    /// Makes a store in `dataPath` of what lies in `directory`.
    ///
    /// Durability: the store is on stable storage on return.
    ///
    /// - Parameters:
    ///   - directory: the original's data path; no daemon may run on it.
    ///   - dataPath: where the store is made; made itself when it is missing.
    ///   - nodeID: the node bits in the ids of messages that are numbered anew, 0 to 1023.
    ///   - options: how the files are read.
    /// - Returns: what was imported.
    /// - Throws: `.locked` when a daemon uses either; `.unusable` when `directory` holds nothing of the original, or
    ///   `dataPath` holds a store already; `.corrupt`, `.noSpace`, `.io`.
    package static func run(
        from directory: String,
        to dataPath: String,
        nodeID: Int,
        options: GoImportOptions
    ) throws(DiskQueueError) -> GoImportReport {
        let fileSystem = PosixFileSystem()
        guard let node = NodeID(nodeID) else {
            throw DiskQueueError(.unusable, "node id \(nodeID) is not in 0...1023")
        }
        let hold = try GoDataPathHold(directory)
        guard !hold.isDirectory(dataPath) else {
            throw DiskQueueError(
                .unusable,
                "\(dataPath) is the data path to be read: nsqd takes it over by itself when it is"
                    + " started there"
            )
        }
        guard let source = try GoDataPath(directory, options: options, in: fileSystem) else {
            throw DiskQueueError(.unusable, "\(directory) holds nothing of a Go nsqd")
        }
        do {
            try fileSystem.makeDirectory(dataPath)
        } catch {
            throw DiskQueueError(error)
        }
        let lock = try DirectoryLock.acquire(dataPath: dataPath)
        do throws(DiskQueueError) {
            try refuseStore(in: dataPath, fileSystem)
            let configuration = StoreConfiguration(
                dataPath: dataPath,
                fileSystem: fileSystem,
                nodeID: node,
                time: SystemTime(),
                wasClean: true,
                mayHaveLostPower: false
            )
            let report = try GoImport(source, into: dataPath, in: fileSystem).run(configuration)
            try writeRows(of: dataPath, lock)
            try lock.markClean()
            withExtendedLifetime(hold) {}
            return report
        } catch {
            try lock.abandon()
            throw error
        }
    }

    /// Writes what the segments tell into the metadata, as a clean stop leaves it.
    private static func writeRows(
        of dataPath: String,
        _ lock: DirectoryLock
    ) throws(DiskQueueError) {
        let metadata = try SQLiteMetadataStore(dataPath: dataPath)
        defer { metadata.close() }
        let inspection = try StoreInspection(dataPath: dataPath, lock: lock)
        let now = SystemTime().wallNanoseconds / 1_000_000
        try metadata.apply(
            inspection.metadataChanges(
                from: StoredMetadata(),
                reason: "import of a Go data path",
                nowMilliseconds: now
            )
        )
    }

    private static func refuseStore(
        in dataPath: String,
        _ fileSystem: any FileSystem
    ) throws(DiskQueueError) {
        let topics = Store.topicsFolder(in: dataPath)
        let database = "\(dataPath)/\(SQLiteMetadataStore.fileName)"
        let document = "\(dataPath)/\(NSQDDat.fileName)"
        for path in [topics, database, document] where fileSystem.exists(path) {
            throw DiskQueueError(
                .unusable,
                "\(dataPath) holds a store, or something of one: there is \(path); name a new directory"
            )
        }
        guard try GoDataPathListing(dataPath, in: fileSystem).isEmpty else {
            throw DiskQueueError(.unusable, "\(dataPath) holds files of a Go nsqd itself")
        }
    }
}
