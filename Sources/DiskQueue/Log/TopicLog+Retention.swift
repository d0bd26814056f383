private import Synchronization

extension TopicLog {
    /// The sealed segments that hold nothing which `isNeeded` asks for, oldest first.
    package func removableSegments(isNeeded: (Range<UInt64>) -> Bool) -> [Range<UInt64>] {
        let ranges = state.withLock { state in
            state.segments.dropLast().filter(\.isSealed).map(\.range)
        }
        return ranges.filter { !isNeeded($0) }
    }

    /// The end of the first sealed segment that ends behind `sequence`; `nil` when there is none.
    package func sealedEnd(behind sequence: UInt64) -> UInt64? {
        state.withLock { state in
            state.segments.dropLast().first { $0.isSealed && $0.endSequence > sequence }?
                .endSequence
        }
    }

    /// Whether there is a sealed segment that ends at `sequence` or before.
    package func hasSealedSegment(endingBy sequence: UInt64) -> Bool {
        state.withLock { state in
            state.segments.first.map { $0.isSealed && $0.endSequence <= sequence } ?? false
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
