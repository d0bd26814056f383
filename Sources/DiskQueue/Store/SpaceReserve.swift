private import Synchronization

/// Room kept on the disk, so that what consumers finish can be noted when the disk is full.
///
/// Without it a full disk never empties: segments go only once the ledgers say that nobody needs them. While the
/// room is given up publishes are refused, so that nothing else takes it; it is taken again as soon as the disk
/// allows.
///
/// Isolation: callable from any thread; all but ``isSpent`` may block.
package final class SpaceReserve: Sendable {
    /// Bytes kept by a daemon.
    package static let ordinaryBytes = 2 << 20

    /// Free bytes below which a start may fail for want of room: SQLite's log, a torn tail that is kept aside.
    private static let neededBytes = 1 << 20

    /// Shortest pause between two attempts to take the room again, nanoseconds.
    private static let pause: Int64 = 250_000_000

    private let fileSystem: any FileSystem
    private let path: String
    private let byteCount: Int
    private let recycling: RecycledFiles?
    private let spent = Atomic<Bool>(false)
    private let lastAttempt = Mutex<Int64>(0)

    /// Keeps `byteCount` bytes in the file at `path`; files of deleted segments are given up with them.
    init(
        fileSystem: any FileSystem,
        path: String,
        byteCount: Int,
        recycling: RecycledFiles?
    ) {
        self.fileSystem = fileSystem
        self.path = path
        self.byteCount = byteCount
        self.recycling = recycling
        spent.store(!isKept && keep() == .noSpace, ordering: .relaxed)
    }

    /// Where a store below `dataPath` keeps its room.
    static func path(below dataPath: String) -> String { "\(dataPath)/reserve" }

    /// Gives up the room before anything is opened, when the disk has none for opening it.
    static func makeRoom(below dataPath: String) {
        let fileSystem = PosixFileSystem()
        // SWALLOW: opening the store tells what is wrong with the disk.
        guard let free = try? fileSystem.freeBytes(dataPath), free < neededBytes else { return }
        try? fileSystem.remove(path(below: dataPath))
    }

    /// Whether the room is given up: nothing but ledgers may be written.
    var isSpent: Bool { spent.load(ordering: .acquiring) }

    /// Gives up the room; `false` when there was none.
    func release() -> Bool {
        let isNew = !spent.exchange(true, ordering: .acquiringAndReleasing)
        guard isNew else { return false }
        recycling?.clear()
        // SWALLOW: what cannot be removed is tried to be kept again.
        try? fileSystem.remove(path)
        return true
    }

    /// Takes the room again if it was given up and the disk has it; not more often than makes sense.
    ///
    /// - Returns: whether the room is there.
    @discardableResult
    func restore(now: Int64) -> Bool {
        guard isSpent else { return true }
        return lastAttempt.withLock { last in
            guard isSpent else { return true }
            guard now - last >= Self.pause || last == 0 else { return false }
            last = now
            guard keep() != .noSpace else { return false }
            spent.store(false, ordering: .releasing)
            return true
        }
    }

    private var isKept: Bool {
        // SWALLOW: a file that cannot be looked at is made anew.
        (try? fileSystem.open(path, .readOnly).size()) == byteCount
    }

    private enum Attempt {
        case kept, noSpace
        /// Something else of that name is in the way; the store works without the room.
        case impossible
    }

    private func keep() -> Attempt {
        do throws(FileSystemError) {
            let file = try fileSystem.open(path, .createIfMissing)
            // Written, not only extended: a hole takes no room.
            try file.write([UInt8](repeating: 0, count: byteCount), at: 0)
            try file.truncate(to: byteCount)
            return .kept
        } catch {
            // SWALLOW: half of it helps nobody.
            try? fileSystem.remove(path)
            return ErrorNumber.isNoSpace(error.errno) ? .noSpace : .impossible
        }
    }
}
