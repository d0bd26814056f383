/// The places that a file of a backup may have; a restore writes no others.
enum BackupPath {
    /// Lists the others, and is written last.
    static let manifest = "manifest.json"

    /// The folder that holds the topics' folders.
    static let topics = "topics"

    /// What may lie beside the topics.
    static let topFiles = [
        SQLiteMetadataStore.fileName, NSQDDat.fileName, DirectoryLock.fileName,
    ]

    /// Whether `path` is one of the places, spelled as the store spells it.
    static func isValid(_ path: String) -> Bool {
        guard path.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
        if topFiles.contains(path) { return true }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == topics else { return false }
        return isTopic(parts[1]) && isTopicFile(parts[2])
    }

    /// Whether `name` is that of a topic's folder.
    static func isTopic(_ name: String) -> Bool {
        guard let id = UInt64(name), id <= TopicFolders.maximumTopicID else { return false }
        return isSame("\(id)", name)
    }

    /// Whether `name` is that of a segment or a ledger.
    static func isTopicFile(_ name: String) -> Bool {
        if let sequence = Segment.sequence(inFileName: name) {
            return isSame(Segment.fileName(sequence), name)
        }
        guard let channelID = Ledger.channelID(inFileName: name) else { return false }
        return isSame("\(channelID)\(Ledger.fileSuffix)", name)
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.elementsEqual(other.utf8)
    }
}
