internal import NSQCore
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
            let isFull = configuration.reserve?.isSpent ?? false
            if let recycling = configuration.recycling, !isFull,
                removed.dataEnd >= configuration.maximumSegmentBytes / 2
            {
                try recycling.give(removed.path, from: folder)
            } else {
                try configuration.fileSystem.remove(removed.path)
            }
        } catch {
            throw DiskQueueError(error)
        }
        configuration.reserve?.restore(now: configuration.time.monotonicNanoseconds)
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
        } catch {
            throw DiskQueueError(error)
        }
        // What is not ours stays, under a name that no topic has.
        _ = Self.removeFolder(folder + Self.deletedSuffix, in: configuration.fileSystem)
    }

    /// Ends the name of a folder whose topic was deleted.
    static let deletedSuffix = ".deleted"

    /// Removes a deleted topic's folder with its files; `false` when something had to stay.
    static func removeFolder(_ path: String, in fileSystem: any FileSystem) -> Bool {
        do throws(FileSystemError) {
            for name in try fileSystem.list(path) where isOurs(name) {
                try fileSystem.remove("\(path)/\(name)")
            }
            try fileSystem.removeDirectory(path)
            return true
        } catch {
            return false
        }
    }

    /// Whether `name` is a segment, a ledger, or one of them set aside or cut short.
    private static func isOurs(_ name: String) -> Bool {
        [Segment.fileSuffix, Ledger.fileSuffix].contains { suffix in
            guard let range = name.firstRange(of: suffix) else { return false }
            return UInt64(name[..<range.lowerBound]) != nil
        }
    }
}
