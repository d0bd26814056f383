private import Synchronization

extension TopicLog {
    /// Makes durable all that was appended to many logs before the call, with one sync of the file system that
    /// holds them.
    ///
    /// When that fails each log is synced by itself, which tells the ones that are harmed from the others.
    ///
    /// - Parameters:
    ///   - logs: the logs; all of one store.
    ///   - path: a directory above all of them.
    ///   - fileSystem: what holds them.
    /// - Returns: why logs could not be made durable, by topic id.
    static func synchronizeTogether(
        _ logs: [TopicLog],
        below path: String,
        in fileSystem: any FileSystem
    ) -> [UInt64: DiskQueueError] {
        let works = logs.map { log in log.state.withLock { $0.beginSync() } }
        do throws(FileSystemError) {
            try fileSystem.synchronizeAll(path)
        } catch {
            for (log, work) in zip(logs, works) {
                if let work { log.state.withLock { $0.abandonSync(work) } }
            }
            return synchronizeEach(logs)
        }
        for (log, work) in zip(logs, works) {
            if let work { log.state.withLock { $0.finishSync(work) } }
        }
        // What is poisoned had no work and says so.
        return synchronizeEach(logs.enumerated().filter { works[$0.offset] == nil }.map(\.element))
    }

    /// Syncs one log after the other; why some could not be made durable, by topic id.
    static func synchronizeEach(_ logs: [TopicLog]) -> [UInt64: DiskQueueError] {
        var failures: [UInt64: DiskQueueError] = [:]
        for log in logs {
            do { try log.synchronize() } catch { failures[log.topicID] = error }
        }
        return failures
    }
}
