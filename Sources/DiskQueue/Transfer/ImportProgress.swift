/// How many lines of an import are in the store, kept beside it until the import ends.
struct ImportProgress {
    /// Name of the file inside the data path.
    static let fileName = "messages.importing"

    private let path: String
    private let dataPath: String
    private let fileSystem: any FileSystem

    init(dataPath: String, fileSystem: any FileSystem) {
        self.dataPath = dataPath
        self.fileSystem = fileSystem
        path = "\(dataPath)/\(Self.fileName)"
    }

    /// Lines that an import which was cut short had made durable; 0 when there was none.
    func read() throws(DiskQueueError) -> Int {
        do throws(FileSystemError) {
            let bytes = try fileSystem.open(path, .readOnly).read(32, at: 0)
            return Int(String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)) ?? 0
        } catch {
            if ErrorNumber.isMissing(error.errno) { return 0 }
            throw DiskQueueError(error)
        }
    }

    /// Notes that `lineCount` lines are durable.
    func write(_ lineCount: Int) throws(DiskQueueError) {
        let temporary = "\(path).tmp"
        do throws(FileSystemError) {
            let file = try fileSystem.open(temporary, .createIfMissing)
            try file.truncate(to: 0)
            try file.write(Array("\(lineCount)\n".utf8), at: 0)
            try file.synchronizeData()
            try fileSystem.rename(temporary, to: path)
            try fileSystem.synchronizeDirectory(dataPath)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// The import is whole.
    func end() throws(DiskQueueError) {
        do throws(FileSystemError) {
            guard fileSystem.exists(path) else { return }
            try fileSystem.remove(path)
            try fileSystem.synchronizeDirectory(dataPath)
        } catch {
            throw DiskQueueError(error)
        }
    }
}
