/// Which lines of an import are in the store, kept beside it until the import ends.
struct ImportProgress {
    /// The lines from the first one on, told from others of the same number.
    struct Lines: Equatable {
        private(set) var count = 0
        /// A chain of the lines' CRC-32C.
        private(set) var digest: UInt64 = 0

        init() {}

        /// Reads what ``text`` gives; `nil` for anything else.
        init?(_ text: String) {
            let words = text.split(separator: " ")
            guard words.count == 2, let count = Int(words[0]), count >= 0,
                let digest = UInt64(words[1], radix: 16)
            else { return nil }
            self.count = count
            self.digest = digest
        }

        var text: String { "\(count) \(String(digest, radix: 16))" }

        mutating func append(_ line: [UInt8]) {
            count += 1
            let checksum = line.withUnsafeBytes { Checksum.crc32c($0) }
            // The multiplier is that of FNV-1a: what was before moves on.
            digest = (digest ^ UInt64(checksum)) &* 0x100_0000_01b3
        }
    }

    /// Name of the file inside the data path.
    static let fileName = "messages.importing"

    /// Bytes that the names of as many topics take as a store may have.
    private static let maximumBytes = 64 << 20

    private let path: String
    private let dataPath: String
    private let fileSystem: any FileSystem

    init(dataPath: String, fileSystem: any FileSystem) {
        self.dataPath = dataPath
        self.fileSystem = fileSystem
        path = "\(dataPath)/\(Self.fileName)"
    }

    /// What an import which was cut short had made durable, and the topics that were there before it; `nil` when
    /// there was no such import.
    ///
    /// - Throws: `.unusable` when the file says something else; `.io`.
    func read() throws(DiskQueueError) -> (lines: Lines, topics: Set<String>)? {
        let bytes: [UInt8]
        do throws(FileSystemError) {
            let file = try fileSystem.open(path, .readOnly)
            bytes = try file.read(min(try file.size(), Self.maximumBytes), at: 0)
        } catch {
            if ErrorNumber.isMissing(error.errno) { return nil }
            throw DiskQueueError(error)
        }
        let words = bytes.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
        guard let first = words.first, let lines = Lines(first) else {
            throw DiskQueueError(
                .unusable,
                "\(path) does not tell how far an import came; remove it to begin a new one"
            )
        }
        return (lines, Set(words.dropFirst()))
    }

    /// Why lines are refused that are not those which the import began with.
    func refusal(_ lines: Lines) -> DiskQueueError {
        DiskQueueError(
            .unusable,
            "an import into \(dataPath) was cut short behind \(lines.count) lines, and these do not begin with them;"
                + " give those again to go on, or remove \(path) to import others"
        )
    }

    /// Notes that `lines` are durable, and which topics the import did not make.
    func write(_ lines: Lines, topics: Set<String>) throws(DiskQueueError) {
        let temporary = "\(path).tmp"
        do throws(FileSystemError) {
            let file = try fileSystem.open(temporary, .createIfMissing)
            try file.truncate(to: 0)
            try file.write(
                Array(([lines.text] + topics.sorted()).joined(separator: "\n").utf8),
                at: 0
            )
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
