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
    /// - Throws: `.poisoned` when durability could not be reached.
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
            try recover(from: error)
        }
    }

    private func recover(from failure: FileSystemError) throws(DiskQueueError) {
        var events: [LogEvent] = []
        defer { events.forEach(report) }
        configuration.cache.forget(topicID)
        try state.withLock { (state) throws(DiskQueueError) in
            do throws(DiskQueueError) {
                let bytes = try state.moveUnsyncedForward(events: &events)
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

    /// Takes back the work of a sync that failed as a whole.
    mutating func abandonSync(_ work: SyncWork) {
        needsFolderSync = needsFolderSync || work.needsFolderSync
        needsParentSync = needsParentSync || work.needsParentSync
    }

    /// Copies every batch that is not known to be durable into a new segment and syncs that.
    ///
    /// The pages may be marked clean though they never reached the disk, so the bytes are verified on the way.
    ///
    /// - Returns: the bytes copied.
    mutating func moveUnsyncedForward(events: inout [LogEvent]) throws(DiskQueueError) -> Int {
        guard let last = segments.last, let activeFile else {
            throw DiskQueueError(.io, "nothing to copy the unsynced batches from")
        }
        var ranges = unsyncedSealed.map { ($0.firstSequence, $0.file, $0.syncedOffset) }
        ranges.append((last.firstSequence, activeFile, syncedOffset))
        var batches: [(header: BatchHeader, payload: [UInt8])] = []
        for (first, file, synced) in ranges {
            guard let at = indexOfSegment(first) else { continue }
            batches += try readBatches(of: segments[at], file: file, from: synced)
            segments[at].dataEnd = max(synced, SegmentFormat.headerBytes)
            segments[at].isSealed = true
            segments[at].endSequence =
                batches.first.map { max(first, $0.header.firstSequence) }
                ?? segments[at].endSequence
        }
        tail.clear()
        unsyncedSealed = []
        unsyncedMessages = 0
        let resumed = nextSequence
        nextSequence = batches.first?.header.firstSequence ?? nextSequence
        // A segment that never became durable has the name that the new one takes.
        if let at = indexOfSegment(nextSequence) {
            do {
                try configuration.fileSystem.rename(
                    segments[at].path,
                    to: segments[at].path + ".unsynced"
                )
            } catch { throw DiskQueueError(error) }
            segments.remove(at: at)
        }
        try startSegment(events: &events)
        let fresh = segments.count - 1
        let file = try openActiveFile()
        var copied = 0
        do {
            for batch in batches {
                var header = batch.header
                header.segmentUUID = segments[fresh].uuid.low
                header.syncedThrough = 0
                var bytes = [UInt8](repeating: 0, count: SegmentFormat.batchHeaderBytes)
                bytes.withUnsafeMutableBytes { raw in
                    if let base = raw.baseAddress { header.encode(at: base) }
                }
                bytes += batch.payload
                let offset = segments[fresh].dataEnd
                try file.write(bytes, at: offset)
                segments[fresh].index.note(sequence: header.firstSequence, offset: offset)
                segments[fresh].dataEnd += bytes.count
                segments[fresh].endSequence = header.endSequence
                if header.deferredUntil != 0 {
                    segments[fresh].deferredCount += UInt64(header.messageCount)
                }
                copied += bytes.count
            }
            nextSequence = resumed
            try file.synchronizeData()
            try configuration.fileSystem.synchronizeDirectory(folder)
            try configuration.fileSystem.synchronizeDirectory(parent)
        } catch {
            throw DiskQueueError(error)
        }
        syncedOffset = segments[fresh].dataEnd
        isDirty = false
        isUrgent = false
        needsFolderSync = false
        needsParentSync = false
        return copied
    }

    private func readBatches(
        of segment: Segment,
        file: any File,
        from synced: Int
    ) throws(DiskQueueError) -> [(header: BatchHeader, payload: [UInt8])] {
        let reader = BatchReader(file: file, uuid: segment.uuid.low, checks: .all)
        var offset = max(synced, SegmentFormat.headerBytes)
        var batches: [(header: BatchHeader, payload: [UInt8])] = []
        while offset < segment.dataEnd {
            let place = LogPosition(segment: segment.firstSequence, offset: offset)
            let outcome = try reader.read(at: place, limit: segment.dataEnd)
            guard outcome.flaws.isEmpty, let chunk = outcome.chunk else {
                throw DiskQueueError(
                    .corrupt,
                    "unsynced batches of \(segment.path) cannot be read back"
                )
            }
            let bytes = UnsafeRawBufferPointer(start: chunk.base, count: chunk.count)
            var at = 0
            while at < bytes.count {
                let header = BatchHeader(trusting: UnsafeRawBufferPointer(rebasing: bytes[at...]))
                let end = at + header.totalBytes
                if !header.isControl {
                    batches.append(
                        (header, Array(bytes[(at + SegmentFormat.batchHeaderBytes)..<end]))
                    )
                }
                at = end
            }
            offset = chunk.start.offset + chunk.count
        }
        return batches
    }
}
