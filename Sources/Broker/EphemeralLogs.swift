import DiskQueue
import NSQCore
import Synchronization

/// The logs of ephemeral topics: the same engine on a file system in memory, gone with the process.
final class EphemeralLogs: Sendable {
    /// Bytes of a segment: small, since nothing but memory is freed with it.
    static let segmentBytes = 256 * 1024
    private static let folder = "/topics"

    private let configuration: LogConfiguration
    private let nextID = Mutex<UInt64>(1)

    init(nodeID: NodeID, time: any TimeSource) throws(FileSystemError) {
        let fileSystem = MemoryFileSystem()
        try fileSystem.makeDirectory(Self.folder)
        configuration = LogConfiguration(
            fileSystem: fileSystem,
            nodeBits: nodeID.rawValue,
            maximumSegmentBytes: Self.segmentBytes,
            syncEvery: .max,
            time: time
        )
    }

    /// Makes the log of an ephemeral topic.
    func create(_ name: String) throws(DiskQueueError) -> TopicLog {
        let id = nextID.withLock { next in
            defer { next += 1 }
            return next
        }
        return try TopicLog.create(
            topicID: id,
            name: name,
            start: Store.firstSequence(
                atMilliseconds: configuration.time.wallNanoseconds / 1_000_000
            ),
            parent: Self.folder,
            configuration: configuration,
            report: { _ in }
        )
    }
}
