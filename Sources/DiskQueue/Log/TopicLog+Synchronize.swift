private import Synchronization

extension TopicLog {
    /// Makes durable all that was appended before the call: data of every dirty segment, then the names.
    ///
    /// A failed fdatasync is never repeated on that file: the unsynced batches are copied into a new segment
    /// and that is synced; when this fails too the log is poisoned (PostgreSQL's and Rebello's lesson,
    /// USENIX ATC 2020).
    ///
    /// Isolation: callers take turns; appends and reads run beside it.
    ///
    /// - Throws: `.poisoned` when durability could not be reached; `.io` when it could not be tried for want of a
    ///   file descriptor.
    package func synchronize() throws(DiskQueueError) {
        try syncTurn.withLock { _ throws(DiskQueueError) in try synchronizeAlone() }
    }

    private func synchronizeAlone() throws(DiskQueueError) {
        let work = state.withLock { $0.beginSync() }
        guard let work else {
            try state.withLock { (state) throws(DiskQueueError) in
                if let poison = state.poison { throw DiskQueueError(.poisoned, poison) }
            }
            return
        }
        do {
            for file in work.files { try file.synchronizeData() }
            if work.needsFolderSync { try configuration.fileSystem.synchronizeDirectory(folder) }
            if work.needsParentSync {
                try configuration.fileSystem.synchronizeDirectory(work.parent)
            }
            state.withLock { $0.finishSync(work) }
        } catch {
            guard !ErrorNumber.isNoDescriptor(error.errno) else {
                // No sync was tried, so none has failed.
                state.withLock { $0.abandonSync(work) }
                throw DiskQueueError(error)
            }
            try recover(from: error)
        }
    }

    private func recover(from failure: FileSystemError) throws(DiskQueueError) {
        var events: [LogEvent] = []
        defer { events.forEach(report) }
        configuration.cache.forget(topicID)
        try state.withLock { (state) throws(DiskQueueError) in
            do throws(DiskQueueError) {
                let bytes = try state.moveUnsyncedForward()
                events.append(
                    .movedForward(path: failure.path, bytes: bytes, reason: failure.description)
                )
            } catch {
                let reason = "\(failure.description); then \(error.message)"
                state.poison = reason
                events.append(.poisoned(reason: reason))
                throw DiskQueueError(.poisoned, reason)
            }
        }
    }
}

/// What one sync covers.
struct SyncWork {
    var files: [any File]
    var sealed: [UInt64]
    var activeSegment: UInt64
    var through: Int
    var needsFolderSync: Bool
    var needsParentSync: Bool
    var parent: String
}

extension LogState {
    /// Takes the work of a sync; `nil` when everything is durable.
    mutating func beginSync() -> SyncWork? {
        guard poison == nil, let last = segments.last else { return nil }
        var files = unsyncedSealed.map(\.file)
        if last.dataEnd > syncedOffset, let activeFile { files.append(activeFile) }
        let work = SyncWork(
            files: files,
            sealed: unsyncedSealed.map(\.firstSequence),
            activeSegment: last.firstSequence,
            through: last.dataEnd,
            needsFolderSync: needsFolderSync,
            needsParentSync: needsParentSync,
            parent: parent
        )
        isDirty = false
        isUrgent = false
        unsyncedMessages = 0
        needsFolderSync = false
        needsParentSync = false
        return files.isEmpty && !work.needsFolderSync && !work.needsParentSync ? nil : work
    }

    /// Notes what a sync made durable.
    mutating func finishSync(_ work: SyncWork) {
        unsyncedSealed.removeAll { work.sealed.contains($0.firstSequence) }
        if let last = segments.last, last.firstSequence == work.activeSegment {
            syncedOffset = max(syncedOffset, work.through)
        } else if let at = unsyncedSealed.firstIndex(where: {
            $0.firstSequence == work.activeSegment
        }) {
            // It was rolled meanwhile: what came after the capture is still to be synced.
            unsyncedSealed[at] = UnsyncedSegment(
                firstSequence: work.activeSegment,
                file: unsyncedSealed[at].file,
                syncedOffset: max(work.through, unsyncedSealed[at].syncedOffset),
                end: unsyncedSealed[at].end
            )
        }
    }

    /// Takes back the work of a sync that failed as a whole, or was not tried to its end.
    mutating func abandonSync(_ work: SyncWork) {
        needsFolderSync = needsFolderSync || work.needsFolderSync
        needsParentSync = needsParentSync || work.needsParentSync
    }
}
