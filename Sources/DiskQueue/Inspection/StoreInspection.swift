private import NSQCore

/// A store as it lies on disk, read and not changed.
///
/// What it says is what a daemon started on it would find. A running daemon is not disturbed: its store is
/// seen as of the last few milliseconds.
package struct StoreInspection: Sendable {
    /// The data path.
    package let dataPath: String
    /// The process that uses the store now; `nil` when none does.
    package let holder: Int32?
    /// Whether the last run ended in good order.
    package let wasClean: Bool
    /// The topics, by name.
    package private(set) var topics: [TopicInspection]
    /// What lies between the topics' folders and is none.
    package let strays: [String]
    /// One line for each thing that was not as expected.
    package private(set) var notes: [String]

    /// Readings of a store that somebody writes to, before what changes under the reader counts as an error.
    private static let maximumReadings = 5

    /// Looks at the store of a data path.
    ///
    /// `lock`: what the caller holds the data path with; it tells how the run before ended.
    ///
    /// - Throws: `.unusable` when there is none, `.unsupportedVersion`, `.io`.
    package init(dataPath: String, lock: DirectoryLock? = nil) throws(DiskQueueError) {
        let fileSystem = PosixFileSystem()
        // As for nsqd, nothing means the current directory.
        let dataPath = dataPath.isEmpty ? "." : dataPath
        do throws(FileSystemError) {
            _ = try fileSystem.list(Store.topicsFolder(in: dataPath))
        } catch {
            guard ErrorNumber.isMissing(error.errno) || ErrorNumber.isNoDirectory(error.errno)
            else { throw DiskQueueError(error) }
            throw DiskQueueError(
                .unusable,
                "\(dataPath) holds no store: there is no directory \(error.path)"
            )
        }
        try NewerFormat.refuse(below: dataPath, in: fileSystem)
        let holder = lock == nil ? DirectoryLock.holder(of: dataPath) : nil
        var readings = 1
        while true {
            do throws(DiskQueueError) {
                let copy = try MetadataCopy.load(dataPath)
                let marker = try Self.marker(of: dataPath, lock)
                try self.init(
                    dataPath: dataPath,
                    fileSystem: fileSystem,
                    stored: copy.stored,
                    marker: marker,
                    holder: holder,
                    nowMilliseconds: SystemTime().wallNanoseconds / 1_000_000,
                    mayHaveLostPower: holder == nil && RunMarker.mayHaveLostPower(since: marker)
                )
                notes += copy.notes
                return
            } catch {
                // A segment that was deleted while it was looked at.
                guard error.code == .io, holder != nil, readings < Self.maximumReadings else {
                    throw error
                }
                readings += 1
            }
        }
    }

    /// Looks at a store on `fileSystem`.
    ///
    /// `stored`: what the metadata says; nothing when it is lost.
    /// `marker`: how the last run ended.
    /// `holder`: the process that uses the store.
    /// `nowMilliseconds`: since the Unix epoch.
    /// `mayHaveLostPower`: whether the machine was booted since that run, as far as can be told.
    ///
    /// - Throws: `.unsupportedVersion`, `.io`.
    package init(
        dataPath: String,
        fileSystem: any FileSystem,
        stored: StoredMetadata,
        marker: RunMarker?,
        holder: Int32?,
        nowMilliseconds: Int64,
        mayHaveLostPower: Bool = false
    ) throws(DiskQueueError) {
        self.dataPath = dataPath
        self.holder = holder
        wasClean = marker?.isClean ?? false
        let configuration = LogConfiguration(
            fileSystem: fileSystem,
            nodeBits: 0,
            maximumSegmentBytes: .max,
            syncEvery: .max,
            time: FrozenTime(wallMilliseconds: nowMilliseconds)
        )
        let context = TopicRecovery.Context(
            configuration: configuration,
            wasClean: wasClean,
            mayHaveLostPower: mayHaveLostPower
        )
        let folders = try TopicFolders(Store.topicsFolder(in: dataPath), context: context)
        strays = folders.strays
        var notes: [String] = []
        let readings = try Store.read(
            folders.recoveries,
            stored: stored,
            now: nowMilliseconds,
            notes: &notes
        )
        var topics: [TopicInspection] = []
        for reading in readings {
            let topic = try TopicInspection(
                reading,
                fileSystem: fileSystem,
                nowMilliseconds: nowMilliseconds
            )
            // What a running daemon writes at this moment is no damage.
            if holder == nil { notes += topic.notes }
            topics.append(topic)
        }
        self.topics = topics.sorted { $0.name < $1.name }
        self.notes = notes
    }

    /// How the last run ended, but for the one that holds `lock`.
    static func marker(
        of dataPath: String,
        _ lock: DirectoryLock?
    ) throws(DiskQueueError) -> RunMarker? {
        if let lock { return lock.previous }
        return try DirectoryLock.readMarker(of: dataPath)
    }

    /// The directory that holds the topics' folders.
    package var topicsFolder: String { Store.topicsFolder(in: dataPath) }

    /// The topic called `name`; `nil` when there is none.
    package func topic(named name: String) -> TopicInspection? {
        topics.first { $0.name.utf8.elementsEqual(name.utf8) }
    }
}

/// A clock that stands still: inspection sees one moment.
private struct FrozenTime: TimeSource {
    let wallMilliseconds: Int64

    var monotonicNanoseconds: Int64 { 0 }
    var wallNanoseconds: Int64 {
        wallMilliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue
    }
}
