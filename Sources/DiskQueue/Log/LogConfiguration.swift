package import NSQCore

/// What every topic's log of a store shares.
package struct LogConfiguration: Sendable {
    /// The file system that the segments live on.
    package var fileSystem: any FileSystem
    /// The node bits of message ids.
    package var nodeBits: UInt16
    /// A segment rolls before it would exceed this many bytes.
    package var maximumSegmentBytes: Int
    /// Unsynced messages after which a sync is asked for at once.
    package var syncEvery: Int
    /// Unsynced bytes after which a sync is asked for at once: bounds what power loss can take.
    package var syncBytes = 64 * 1024 * 1024
    /// Where time comes from.
    package var time: any TimeSource
    /// Which of recovery's checks are made; all but in the tests that prove each one needed.
    package var checks = RecoveryChecks.all
    /// Where files of deleted segments wait to be used again; `nil` removes them.
    package var recycling: RecycledFiles?
    /// What is given up when the disk is full; `nil` for nothing.
    package var reserve: SpaceReserve?

    /// What was read from disk last.
    package let cache = ChunkCache()

    /// Composes a configuration.
    package init(
        fileSystem: any FileSystem,
        nodeBits: UInt16,
        maximumSegmentBytes: Int,
        syncEvery: Int,
        time: any TimeSource,
        recycling: RecycledFiles? = nil
    ) {
        self.fileSystem = fileSystem
        self.nodeBits = nodeBits
        self.maximumSegmentBytes = maximumSegmentBytes
        self.syncEvery = syncEvery
        self.time = time
        self.recycling = recycling
    }
}
