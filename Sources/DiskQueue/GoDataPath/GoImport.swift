/// Makes a store of what a data path of the original holds.
///
/// The store is made in a folder of its own inside the data path, and its topics get their place in one step when
/// all of it is durable: a crash leaves either nothing or everything.
package struct GoImport {
    private let source: GoDataPath
    private let staging: ImportStaging

    /// Prepares the import of `source` into `dataPath`, which exists, holds no store, and whose lock the caller holds.
    package init(_ source: GoDataPath, into dataPath: String, in fileSystem: any FileSystem) {
        self.source = source
        staging = ImportStaging(dataPath: dataPath, fileSystem: fileSystem)
    }

    /// Imports everything.
    ///
    /// Durability: the store is on stable storage on return.
    ///
    /// - Parameters:
    ///   - configuration: how the store is opened.
    ///   - known: rows of an earlier store in the data path, whose numbers are not used again.
    /// - Returns: what was imported.
    /// - Throws: `.noSpace`, `.io`; nothing is there then but a folder that the next import removes.
    package func run(
        _ configuration: StoreConfiguration,
        known: StoredMetadata = StoredMetadata()
    ) throws(DiskQueueError) -> GoImportReport {
        let report = try prepare(configuration, known: known)
        try staging.commit()
        try staging.end()
        return report
    }

    /// Makes the store, without giving it its place.
    func prepare(
        _ configuration: StoreConfiguration,
        known: StoredMetadata
    ) throws(DiskQueueError) -> GoImportReport {
        do throws(DiskQueueError) {
            try staging.begin()
            let store = try staging.openStore(configuration, known: known)
            var report = GoImportReport()
            report.notes = source.notes
            for topic in source.topics {
                var topicImport = GoTopicImport(topic, of: source, into: store)
                try topicImport.run(report: &report)
            }
            try store.synchronizeAll()
            return report
        } catch {
            // SWALLOW: the next import removes what cannot be removed now.
            try? staging.end()
            throw DiskQueueError(
                error.code,
                "cannot import the files of \(source.directory): \(error.message);"
                    + " they are untouched"
            )
        }
    }
}
