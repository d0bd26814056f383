package import DiskQueue
import Synchronization

/// A file system that passes everything on to another one, except for the bugs planted in it.
///
/// Wrapped around a ``SimulatedFileSystem`` it shows that the crash harness finds such bugs: a
/// test of the test.
///
/// Isolation: callable from any thread; bugs that depend on an order of calls count the calls of
/// all threads.
package final class FaultyFileSystem: FileSystem {
    private struct State {
        var identities: [String: FileIdentity] = [:]
        var newestSegments: [String: String] = [:]
        var writeCount = 0

        mutating func identity(of path: String) -> FileIdentity {
            if let identity = identities[path] { return identity }
            let identity = FileIdentity(path: path)
            identities[path] = identity
            return identity
        }

        mutating func noteCreation(of path: String) {
            if path.hasSuffix(".segment") {
                newestSegments[FaultyFileSystem.directory(of: path)] = path
            }
        }
    }

    private let base: any FileSystem
    private let shortWritePeriod: Int
    private let state = Mutex(State())

    /// The bugs.
    let bugs: PlantedBugs

    /// Plants `bugs` above `base`.
    ///
    /// - Parameters:
    ///   - base: where everything else goes.
    ///   - bugs: what to plant.
    ///   - shortWritePeriod: every how many writes ``PlantedBugs/acknowledgesShortWrites`` hits.
    package init(_ base: any FileSystem, bugs: PlantedBugs, shortWritePeriod: Int = 5) {
        self.base = base
        self.bugs = bugs
        self.shortWritePeriod = max(1, shortWritePeriod)
    }

    package func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any File {
        let isNew = !base.exists(path)
        let file = try base.open(path, mode)
        let identity = state.withLock { state in
            if isNew { state.noteCreation(of: path) }
            return state.identity(of: path)
        }
        return FaultyFile(file, identity: identity, disk: self)
    }

    package func makeDirectory(_ path: String) throws(FileSystemError) {
        try base.makeDirectory(path)
    }

    package func list(_ path: String) throws(FileSystemError) -> [String] { try base.list(path) }

    package func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        // SWALLOW: what cannot be opened as a file is renamed as ever, or refused there.
        if bugs.contains(.tearsRename), path != newPath,
            let source = try? base.open(path, .readOnly)
        {
            let copy = try tear(source, path, to: newPath)
            state.withLock { $0.identity(of: path).replace(with: copy) }
        } else {
            try base.rename(path, to: newPath)
        }
        state.withLock { state in
            let identity = state.identity(of: path)
            identity.move(to: newPath)
            state.identities[path] = nil
            state.identities[newPath] = identity
            state.noteCreation(of: newPath)
        }
    }

    package func remove(_ path: String) throws(FileSystemError) {
        try base.remove(path)
        state.withLock { $0.identities[path] = nil }
    }

    package func removeDirectory(_ path: String) throws(FileSystemError) {
        try base.removeDirectory(path)
    }

    package func synchronizeDirectory(_ path: String) throws(FileSystemError) {
        if bugs.contains(.dropsDirectorySync) { return }
        if bugs.contains(.dropsTopicsDirectorySync), path.hasSuffix("/topics") { return }
        try base.synchronizeDirectory(path)
    }

    package func exists(_ path: String) -> Bool { base.exists(path) }

    /// Whether the sync of the file that is now called `path` is left out.
    func dropsSync(of path: String) -> Bool {
        if bugs.contains(.dropsDataSync) { return true }
        if bugs.contains(.dropsLedgerSync), path.hasSuffix(".ledger") || path.hasSuffix(".tmp") {
            return true
        }
        guard bugs.contains(.dropsSyncOfOlderSegments), path.hasSuffix(".segment") else {
            return false
        }
        let newest = state.withLock { $0.newestSegments[Self.directory(of: path)] }
        return newest.map { $0 != path } ?? false
    }

    /// Whether the write that is about to happen loses its second half.
    func shortensWrite() -> Bool {
        guard bugs.contains(.acknowledgesShortWrites) else { return false }
        return state.withLock { state in
            state.writeCount += 1
            return state.writeCount % shortWritePeriod == 0
        }
    }

    private func tear(
        _ source: any File,
        _ path: String,
        to newPath: String
    ) throws(FileSystemError) -> any File {
        let bytes = try source.bytes()
        if base.exists(newPath) { try base.remove(newPath) }
        let copy = try base.open(newPath, .createNew)
        try copy.write(bytes, at: 0)
        try base.remove(path)
        return copy
    }

    private static func directory(of path: String) -> String {
        String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
    }
}
