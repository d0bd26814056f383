/// What of a queue of the original is to be read, in order.
///
/// Source: `nsqd` spec 9.6.
struct GoQueueParts {
    /// A data file, from some offset on.
    struct Part {
        /// The file's name.
        var file: String
        /// Where to begin.
        var start: Int
    }

    /// The parts that hold any bytes.
    private(set) var parts: [Part] = []
    /// One line for each thing that was not as expected.
    private(set) var notes: [String] = []

    /// Nothing to read.
    init() {}

    /// Decides what is to be read.
    ///
    /// `salvagesBad`: whether files that were set aside as damaged are read, before the others.
    ///
    /// - Throws: `.io` when a file cannot be opened.
    init(
        _ queue: GoQueueFiles,
        in directory: String,
        _ fileSystem: any FileSystem,
        salvagesBad: Bool
    ) throws(DiskQueueError) {
        let stem = queue.name.description
        let meta = try Self.meta(queue, in: directory, fileSystem, notes: &notes)
        if salvagesBad {
            for number in queue.bad {
                try add(
                    GoFileName.bad(GoFileName.data(stem, number)),
                    from: 0,
                    directory,
                    fileSystem
                )
            }
        }
        for number in queue.data {
            let name = GoFileName.data(stem, number)
            // What is behind the file that was written last is of a run that crashed before its first sync.
            guard let meta, number <= meta.readFile else {
                try add(name, from: 0, directory, fileSystem)
                continue
            }
            guard number == meta.readFile else {
                notes.append("\(directory)/\(name) was read to its end before: passed over")
                continue
            }
            try add(name, from: meta.readOffset, directory, fileSystem)
        }
    }

    private mutating func add(
        _ name: String,
        from start: Int,
        _ directory: String,
        _ fileSystem: any FileSystem
    ) throws(DiskQueueError) {
        let path = "\(directory)/\(name)"
        let size: Int
        do {
            size = try fileSystem.open(path, .readOnly).size()
        } catch {
            guard ErrorNumber.isNoFile(error.errno) else { throw DiskQueueError(error) }
            notes.append("\(path) is a directory or a link and no file: passed over")
            return
        }
        if start > size {
            notes.append("\(path) ends at \(size), before \(start), where it was to be read on")
        }
        if start < size { parts.append(Part(file: name, start: start)) }
    }

    /// What the meta file says; `nil` when it says nothing, so that all there is has to be read.
    private static func meta(
        _ queue: GoQueueFiles,
        in directory: String,
        _ fileSystem: any FileSystem,
        notes: inout [String]
    ) throws(DiskQueueError) -> GoQueueMeta? {
        let path = "\(directory)/\(GoFileName.meta(queue.name.description))"
        guard queue.hasMeta else {
            if !queue.data.isEmpty {
                notes.append("\(path) is missing: all that is left of the queue is read")
            }
            return nil
        }
        let bytes: [UInt8]
        do {
            bytes = try fileSystem.open(path, .readOnly).read(GoQueueMeta.maximumBytes, at: 0)
        } catch {
            guard ErrorNumber.isNoFile(error.errno) else { throw DiskQueueError(error) }
            bytes = []
        }
        let meta = GoQueueMeta(parsing: bytes)
        if meta == nil, !queue.data.isEmpty {
            notes.append("\(path) cannot be read: all that is left of the queue is read")
        }
        return meta
    }
}
