/// What lies in the directory of the topics' folders, read and not changed.
struct TopicFolders {
    /// More topics than are ever made; a folder of a larger number is none of ours.
    static let maximumTopicID: UInt64 = 1 << 48

    /// The topics, by number.
    private(set) var recoveries: [TopicRecovery] = []
    /// Folders of topics that were deleted, and could not be removed then.
    private(set) var leftovers: [String] = []
    /// What is none of ours.
    private(set) var strays: [String] = []
    /// The highest number that anything there bears: no new topic gets it.
    private(set) var highestNumber: UInt64 = 0

    /// Reads `folder`, which may be missing.
    ///
    /// - Throws: `.unsupportedVersion` when a newer version wrote a segment; `.io` when one cannot be read.
    init(_ folder: String, context: TopicRecovery.Context) throws(DiskQueueError) {
        let fileSystem = context.configuration.fileSystem
        guard fileSystem.exists(folder) else { return }
        let names: [String]
        do throws(FileSystemError) {
            names = try fileSystem.list(folder)
        } catch {
            throw DiskQueueError(error)
        }
        for name in names.sorted() {
            let path = "\(folder)/\(name)"
            let isDeleted = name.hasSuffix(TopicLog.deletedSuffix)
            let digits = isDeleted ? name.dropLast(TopicLog.deletedSuffix.count) : name[...]
            guard let id = UInt64(digits), digits == "\(id)", id <= Self.maximumTopicID else {
                strays.append(path)
                continue
            }
            highestNumber = max(highestNumber, id)
            guard let entries = try Self.entries(of: path, fileSystem) else {
                strays.append(path)
                continue
            }
            if isDeleted {
                leftovers.append(path)
            } else {
                recoveries.append(
                    try TopicRecovery(
                        folder: path,
                        names: entries,
                        parent: folder,
                        topicID: id,
                        context: context
                    )
                )
            }
        }
        recoveries.sort { $0.topicID < $1.topicID }
    }

    /// The names in the directory at `path`; `nil` when it is none.
    private static func entries(
        of path: String,
        _ fileSystem: any FileSystem
    ) throws(DiskQueueError) -> [String]? {
        do throws(FileSystemError) {
            return try fileSystem.list(path)
        } catch {
            guard ErrorNumber.isNoDirectory(error.errno) || ErrorNumber.isMissing(error.errno)
            else { throw DiskQueueError(error) }
            return nil
        }
    }
}
