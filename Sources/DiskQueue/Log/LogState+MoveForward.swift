extension LogState {
    /// A batch on its way into another segment.
    private typealias Batch = (header: BatchHeader, payload: [UInt8])

    /// Copies every batch that is not known to be durable into a new segment and syncs that.
    ///
    /// The pages may be marked clean though they never reached the disk, so the bytes are verified on the way.
    /// The copy is durable before it takes its name, and until then nothing is changed.
    ///
    /// - Returns: the bytes copied.
    /// - Throws: why it could not be done; what was written stays readable.
    mutating func moveUnsyncedForward() throws(DiskQueueError) -> Int {
        var sources = unsyncedSealed.map { ($0.firstSequence, $0.file, $0.syncedOffset) }
        if let last = segments.last {
            sources.append((last.firstSequence, try openLastFile(), syncedOffset))
        }
        var batches: [Batch] = []
        for (first, file, synced) in sources {
            guard let at = indexOfSegment(first) else { continue }
            batches += try readBatches(of: segments[at], file: file, from: synced)
        }
        let first = batches.first?.header.firstSequence ?? nextSequence
        let (copy, file) = try writeCopy(of: batches, from: first)

        for (source, _, synced) in sources {
            guard let at = indexOfSegment(source) else { continue }
            segments[at].dataEnd = max(synced, SegmentFormat.headerBytes)
            segments[at].isSealed = true
            segments[at].endSequence = min(segments[at].endSequence, first)
        }
        // Start-up would believe a segment that begins behind the copy's first message.
        let outdated = segments.filter { $0.firstSequence >= first && $0.path != copy.path }
        segments.removeAll { $0.firstSequence >= first }
        segments.append(copy)
        activeFile = file
        needsCut = false
        tail.clear()
        unsyncedSealed = []
        unsyncedMessages = 0
        syncedOffset = copy.dataEnd
        isDirty = false
        isUrgent = false
        do {
            for segment in outdated {
                try configuration.fileSystem.rename(segment.path, to: segment.path + ".unsynced")
            }
            try configuration.fileSystem.synchronizeDirectory(folder)
            try configuration.fileSystem.synchronizeDirectory(parent)
        } catch {
            throw DiskQueueError(error)
        }
        needsFolderSync = false
        needsParentSync = false
        return batches.reduce(0) { $0 + $1.header.totalBytes }
    }

    /// Makes a durable segment of `batches` and gives it its name.
    private func writeCopy(
        of batches: [Batch],
        from first: UInt64
    ) throws(DiskQueueError) -> (segment: Segment, file: any File) {
        let path = "\(folder)/\(Segment.fileName(first))"
        let temporary = path + ".moving"
        let (uuid, start) = segmentStart(first)
        var segment = Segment(
            firstSequence: first,
            path: path,
            uuid: uuid,
            endSequence: batches.last?.header.endSequence ?? first,
            dataEnd: start.count
        )
        do {
            let file = try configuration.fileSystem.open(temporary, .createIfMissing)
            try file.truncate(to: 0)
            try file.write(start, at: 0)
            for batch in batches {
                var header = batch.header
                header.segmentUUID = uuid.low
                header.syncedThrough = 0
                var bytes = [UInt8](repeating: 0, count: SegmentFormat.batchHeaderBytes)
                bytes.withUnsafeMutableBytes { raw in
                    if let base = raw.baseAddress { header.encode(at: base) }
                }
                bytes += batch.payload
                try file.write(bytes, at: segment.dataEnd)
                segment.index.note(sequence: header.firstSequence, offset: segment.dataEnd)
                segment.dataEnd += bytes.count
                if header.deferredUntil != 0 {
                    segment.deferredCount += UInt64(header.messageCount)
                }
            }
            try file.synchronizeData()
            try configuration.fileSystem.rename(temporary, to: path)
            return (segment, file)
        } catch {
            // SWALLOW: the first error says what is wrong; start-up takes no file of that name for a segment.
            try? configuration.fileSystem.remove(temporary)
            throw DiskQueueError(error)
        }
    }

    private func readBatches(
        of segment: Segment,
        file: any File,
        from synced: Int
    ) throws(DiskQueueError) -> [Batch] {
        let reader = BatchReader(file: file, uuid: segment.uuid.low, checks: .all)
        var offset = max(synced, SegmentFormat.headerBytes)
        var batches: [Batch] = []
        while offset < segment.dataEnd {
            let place = LogPosition(
                segment: segment.firstSequence,
                use: segment.uuid.low,
                offset: offset
            )
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
