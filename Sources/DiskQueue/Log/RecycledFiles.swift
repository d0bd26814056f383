private import Synchronization

/// Files of deleted segments, kept to be written again: a page touched for the first time costs more than
/// everything else on the publish path.
///
/// Isolation: callable from any thread.
package final class RecycledFiles: Sendable {
    /// The directory in which a store keeps them.
    static func path(in dataPath: String) -> String { "\(dataPath)/recycled" }

    /// Most files kept.
    static let limit = 4

    /// Bytes at the start of a file that identify it: header and first batch header.
    private static let clearedBytes = SegmentFormat.headerBytes + SegmentFormat.batchHeaderBytes

    private struct State {
        var names: [String] = []
        var nextNumber: UInt64 = 0
    }

    private let fileSystem: any FileSystem
    private let directory: String
    private let isUsable: Bool
    private let state = Mutex(State())

    /// Uses `directory`, made when it is missing, and removes what an earlier run left there.
    ///
    /// What is none of ours stays. Without a directory nothing is kept.
    package init(fileSystem: any FileSystem, directory: String) {
        self.fileSystem = fileSystem
        self.directory = directory
        var isUsable = true
        var highest: UInt64 = 0
        do throws(FileSystemError) {
            try fileSystem.makeDirectory(directory)
            for name in try fileSystem.list(directory) {
                guard let number = UInt64(name) else { continue }
                highest = max(highest, number)
                // SWALLOW: a file that stays takes room, and its number is not used.
                try? fileSystem.remove("\(directory)/\(name)")
            }
        } catch {
            isUsable = false
        }
        self.isUsable = isUsable
        state.withLock { $0.nextNumber = highest }
    }

    /// Takes over the file at `path`, or removes it when enough are kept.
    ///
    /// On return the old name is gone for good: both directories are durable, so the file cannot
    /// come back as what it was.
    func give(_ path: String, from folder: String) throws(FileSystemError) {
        let name: String? = state.withLock { state in
            guard isUsable, state.names.count < Self.limit else { return nil }
            state.nextNumber += 1
            return "\(directory)/\(state.nextNumber)"
        }
        guard let name else {
            try fileSystem.remove(path)
            return
        }
        try fileSystem.rename(path, to: name)
        try fileSystem.synchronizeDirectory(folder)
        try fileSystem.synchronizeDirectory(directory)
        state.withLock { $0.names.append(name) }
    }

    /// Removes every file that is kept.
    func clear() {
        let names = state.withLock { state in
            defer { state.names.removeAll() }
            return state.names
        }
        // SWALLOW: what cannot be removed is removed by the next start.
        for name in names { try? fileSystem.remove(name) }
    }

    /// Renames a kept file to `path`; `false` when there is none.
    func take(as path: String) -> Bool {
        guard let name = state.withLock({ $0.names.popLast() }) else { return false }
        do {
            // What the file began with must not show under the new name when the write of the new
            // header is cut short.
            try fileSystem.open(name, .readWrite)
                .write([UInt8](repeating: 0, count: Self.clearedBytes), at: 0)
            try fileSystem.rename(name, to: path)
            return true
        } catch {
            return false
        }
    }
}
