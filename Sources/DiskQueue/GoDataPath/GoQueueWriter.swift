/// Writes the files of one queue of the original.
///
/// Source: `nsqd` spec 9.3 and 9.4.
///
/// Memory: 256 KiB, or one record that is longer.
struct GoQueueWriter {
    /// Bytes gathered before they are written.
    private static let bufferBytes = 256 << 10

    /// Records so far.
    private(set) var count: Int64 = 0

    private let directory: String
    private let stem: String
    private let maximumFileBytes: Int
    private let fileSystem: any FileSystem
    private var file: (any File)?
    private var number: UInt64 = 0
    /// Offset of the next record.
    private var position = 0
    /// Offset of what is in the buffer.
    private var written = 0
    private var buffer: [UInt8] = []

    /// Prepares the queue; no file is made yet.
    ///
    /// `maximumFileBytes`: a file ends before a record that would make it longer.
    init(
        _ name: GoQueueName,
        in directory: String,
        maximumFileBytes: Int,
        _ fileSystem: any FileSystem
    ) {
        self.directory = directory
        stem = name.description
        self.maximumFileBytes = maximumFileBytes
        self.fileSystem = fileSystem
    }

    /// Adds a message that was delivered `attempts` times.
    mutating func append(
        _ message: StoredMessage,
        attempts: UInt16
    ) throws(DiskQueueError) {
        let total = GoRecord.headBytes + message.body.count
        do throws(FileSystemError) {
            if position > 0, position + total > maximumFileBytes { try roll() }
            let start = buffer.count
            buffer.append(contentsOf: repeatElement(0, count: GoRecord.headBytes))
            buffer.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                GoRecord.write(
                    bodyBytes: message.body.count,
                    timestamp: message.timestamp,
                    attempts: attempts,
                    id: message.id,
                    at: base + start
                )
            }
            buffer.append(contentsOf: message.body)
            position += total
            if buffer.count >= Self.bufferBytes { try flush() }
        } catch {
            throw DiskQueueError(error)
        }
        count += 1
    }

    /// Writes what is left, and the meta file.
    ///
    /// Durability: the bytes are on stable storage on return; the names with the next sync of the directory.
    mutating func finish() throws(DiskQueueError) {
        do throws(FileSystemError) {
            try flush()
            try file?.synchronizeData()
            file = nil
            let meta = GoQueueMeta(
                depth: count,
                readFile: 0,
                readOffset: 0,
                writeFile: number,
                writeOffset: position
            )
            let path = "\(directory)/\(GoFileName.meta(stem))"
            let metaFile = try fileSystem.open(path, .createNew)
            try metaFile.write(Array(meta.text.utf8), at: 0)
            try metaFile.synchronizeData()
        } catch {
            throw DiskQueueError(error)
        }
    }

    private mutating func roll() throws(FileSystemError) {
        try flush()
        try file?.synchronizeData()
        file = nil
        number += 1
        position = 0
        written = 0
    }

    private mutating func flush() throws(FileSystemError) {
        guard !buffer.isEmpty else { return }
        let open: any File
        if let file {
            open = file
        } else {
            let path = "\(directory)/\(GoFileName.data(stem, number))"
            open = try fileSystem.open(path, .createNew)
            file = open
        }
        try open.write(buffer, at: written)
        written = position
        if buffer.capacity > 2 * Self.bufferBytes {
            buffer = []
        } else {
            buffer.removeAll(keepingCapacity: true)
        }
    }
}
