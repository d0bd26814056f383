/// Where a repair keeps what it takes out of a store.
struct Quarantine {
    /// Name of the directory inside the data path.
    static let directoryName = "quarantine"

    private let directory: String
    private let dataPath: String
    private let fileSystem: any FileSystem

    init(dataPath: String, fileSystem: any FileSystem) {
        self.dataPath = dataPath
        self.fileSystem = fileSystem
        directory = "\(dataPath)/\(Self.directoryName)"
    }

    /// Keeps a copy of the file at `path`; durable on return.
    ///
    /// - Returns: the copy's path.
    func keep(_ path: String) throws(DiskQueueError) -> String {
        let parts = path.dropFirst(dataPath.count).split(separator: "/")
        let name = parts.drop { $0 == "topics" }.joined(separator: "-")
        do throws(FileSystemError) {
            try fileSystem.makeDirectory(directory)
            try fileSystem.synchronizeDirectory(dataPath)
            var number = 1
            while fileSystem.exists("\(directory)/\(name).\(number)") { number += 1 }
            let target = "\(directory)/\(name).\(number)"
            do throws(FileSystemError) {
                try FileCopy.copy(path, to: target, in: fileSystem)
                try fileSystem.open(target, .readWrite).synchronizeData()
            } catch {
                // A directory or a link in place of a file cannot be copied, and nobody needs it where it is.
                guard ErrorNumber.isNoFile(error.errno) else { throw error }
                if fileSystem.exists(target) { try fileSystem.remove(target) }
                try fileSystem.rename(path, to: target)
            }
            try fileSystem.synchronizeDirectory(directory)
            return target
        } catch {
            throw DiskQueueError(error)
        }
    }
}
