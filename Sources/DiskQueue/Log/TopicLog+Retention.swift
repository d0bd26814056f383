private import Synchronization

extension TopicLog {
    /// The sealed segments that hold nothing which `isNeeded` asks for, oldest first.
    package func removableSegments(isNeeded: (Range<UInt64>) -> Bool) -> [Range<UInt64>] {
        let ranges = state.withLock { state in
            state.segments.dropLast().filter(\.isSealed).map(\.range)
        }
        return ranges.filter { !isNeeded($0) }
    }

    /// Sequence after the oldest sealed segment; `nil` when there is none.
    package var oldestSealedEnd: UInt64? {
        state.withLock { state in
            state.segments.dropLast().first(where: \.isSealed)?.endSequence
        }
    }

    /// Ends the last segment when it holds messages, so that it can be removed once nobody needs it.
    package func rollForRetention() throws(DiskQueueError) {
        var events: [LogEvent] = []
        defer { events.forEach(report) }
        try state.withLock { (state) throws(DiskQueueError) in
            try state.checkIsWritable()
            guard let last = state.segments.last, last.endSequence > last.firstSequence else {
                return
            }
            try state.roll(events: &events)
        }
    }

    /// Removes a segment's file, or puts it aside for use again.
    ///
    /// The caller has made durable whatever says that its messages are done with.
    ///
    /// Isolation: off the event loops. Chunks already read stay valid.
    package func removeSegment(_ firstSequence: UInt64) throws(DiskQueueError) {
        let removed: Segment? = state.withLock { state in
            guard let at = state.indexOfSegment(firstSequence), at < state.segments.count - 1 else {
                return nil
            }
            state.unsyncedSealed.removeAll { $0.firstSequence == firstSequence }
            return state.segments.remove(at: at)
        }
        guard let removed else { return }
        do {
            if let recycling = configuration.recycling,
                removed.dataEnd >= configuration.maximumSegmentBytes / 2
            {
                try recycling.give(removed.path, from: folder)
            } else {
                try configuration.fileSystem.remove(removed.path)
            }
        } catch {
            throw DiskQueueError(error)
        }
        report(.removed(firstSequence: firstSequence))
    }

    /// Deletes the topic: the folder disappears under its name in one step, its content after that.
    ///
    /// Durability: on return the deletion survives power loss.
    package func delete() throws(DiskQueueError) {
        close()
        let parent = state.withLock { $0.parent }
        do {
            try configuration.fileSystem.rename(folder, to: folder + Self.deletedSuffix)
            try configuration.fileSystem.synchronizeDirectory(parent)
            try Self.removeFolder(folder + Self.deletedSuffix, in: configuration.fileSystem)
        } catch {
            throw DiskQueueError(error)
        }
    }

    /// Ends the name of a folder whose topic was deleted.
    static let deletedSuffix = ".deleted"

    /// Removes a topic's folder with its files.
    static func removeFolder(
        _ path: String,
        in fileSystem: any FileSystem
    ) throws(FileSystemError) {
        for name in try fileSystem.list(path) { try fileSystem.remove("\(path)/\(name)") }
        try fileSystem.removeDirectory(path)
    }
}
