/// The meta file of a queue of the original: how many messages it holds, where it is read and where written.
///
/// Source: `nsqd` spec 9.3.
package struct GoQueueMeta: Equatable {
    /// Unread messages, by the last sync; may be negative.
    package var depth: Int64
    /// The data file that is read.
    package var readFile: UInt64
    /// Offset of its first unread record.
    package var readOffset: Int
    /// The data file that is written.
    package var writeFile: UInt64
    /// Offset of the next record.
    package var writeOffset: Int

    /// More bytes than any meta file has.
    static let maximumBytes = 4096

    /// Composes a meta file.
    package init(
        depth: Int64,
        readFile: UInt64,
        readOffset: Int,
        writeFile: UInt64,
        writeOffset: Int
    ) {
        self.depth = depth
        self.readFile = readFile
        self.readOffset = readOffset
        self.writeFile = writeFile
        self.writeOffset = writeOffset
    }

    /// Reads the three lines; `nil` when they are something else.
    package init?(parsing bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty, let depth = Int64(lines[0]),
            let read = Self.place(lines[1]), let write = Self.place(lines[2])
        else { return nil }
        self.init(
            depth: depth,
            readFile: read.file,
            readOffset: read.offset,
            writeFile: write.file,
            writeOffset: write.offset
        )
    }

    /// The contents of the file.
    package var text: String {
        "\(depth)\n\(readFile),\(readOffset)\n\(writeFile),\(writeOffset)\n"
    }

    private static func place(_ line: Substring) -> (file: UInt64, offset: Int)? {
        let parts = line.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let file = UInt64(parts[0]), let offset = Int(parts[1]), offset >= 0
        else { return nil }
        return (file, offset)
    }
}
