private import NSQCore

/// The files of one queue of the original.
struct GoQueueFiles {
    /// Whose messages it holds.
    let name: GoQueueName
    /// Whether it has a meta file.
    fileprivate(set) var hasMeta = false
    /// The numbers of its data files, ascending.
    fileprivate(set) var data: [UInt64] = []
    /// The numbers of its data files that were set aside, ascending.
    fileprivate(set) var bad: [UInt64] = []

    fileprivate init(_ name: GoQueueName) { self.name = name }
}

/// The files of the original in a data path.
package struct GoDataPathListing {
    /// The directory.
    let directory: String
    /// The queues, by name.
    private(set) var queues: [GoQueueName: GoQueueFiles] = [:]
    /// The names of all files but `nsqd.dat`, sorted; those that were set aside as damaged are not among them.
    private(set) var files: [String] = []
    /// One line for each file that belongs to no queue, though it is named like one.
    private(set) var notes: [String] = []

    /// Lists a directory.
    ///
    /// - Throws: `.io`.
    package init(_ directory: String, in fileSystem: any FileSystem) throws(DiskQueueError) {
        self.directory = directory
        let names: [String]
        do {
            names = try fileSystem.list(directory)
        } catch {
            throw DiskQueueError(error)
        }
        for name in names.sorted() {
            guard let file = GoFileName(name) else { continue }
            guard let queue = GoQueueName(stem: file.stem) else {
                notes.append("\(directory)/\(Self.printable(name)) is no queue's file: left alone")
                continue
            }
            guard !queue.isEphemeral else {
                notes.append("\(directory)/\(name) is of an ephemeral queue: left alone")
                continue
            }
            var found = queues[queue] ?? GoQueueFiles(queue)
            switch file.kind {
            case .data(let number): found.data.append(number)
            case .bad(let number): found.bad.append(number)
            case .meta: found.hasMeta = true
            case .temporary: break
            }
            queues[queue] = found
            if case .bad = file.kind { continue }
            files.append(name)
        }
        for queue in queues.keys {
            queues[queue]?.data.sort()
            queues[queue]?.bad.sort()
        }
    }

    /// Whether there is no file to move.
    package var isEmpty: Bool { files.isEmpty }

    private static func printable(_ name: String) -> String {
        name.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
    }
}
