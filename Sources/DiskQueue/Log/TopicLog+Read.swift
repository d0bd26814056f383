private import Synchronization

extension TopicLog {
    /// The next run of whole batches at or behind `position`, at most ``ReadBuffer/pooledBytes`` unless one
    /// batch alone is longer.
    ///
    /// Served from memory while the position is in the tail; otherwise read from the file and verified.
    /// Damaged ranges are reported and passed over: the chunk then begins behind them.
    ///
    /// - Returns: `nil` at the end of the log.
    /// - Throws: `.io` when the file cannot be read.
    package func chunk(at position: LogPosition) throws(DiskQueueError) -> LogChunk? {
        var position = position
        while true {
            let source = try state.withLock { (state) throws(DiskQueueError) in
                try state.source(at: position)
            }
            switch source {
            case .end:
                return nil
            case .memory(let chunk):
                return chunk
            case .file(let file, let place, let segmentEnd, let uuid):
                if let kept = configuration.cache.chunk(of: topicID, at: place) { return kept }
                report(.opened)
                let reader = BatchReader(file: file, uuid: uuid, checks: configuration.checks)
                let outcome = try reader.read(at: place, limit: segmentEnd)
                for flaw in outcome.flaws {
                    report(.quarantined(path: folder, range: flaw.range, reason: flaw.reason))
                }
                if let chunk = outcome.chunk {
                    configuration.cache.keep(chunk, of: topicID)
                    return chunk
                }
                position = LogPosition(segment: place.segment, use: uuid, offset: segmentEnd)
            }
        }
    }

    /// Where the batch of message `sequence` begins, or the next one when that message is gone.
    ///
    /// - Returns: `nil` when the log ends at or before `sequence`.
    package func locate(_ sequence: UInt64) throws(DiskQueueError) -> LogPosition? {
        let found = try state.withLock { (state) throws(DiskQueueError) in
            try state.place(of: sequence)
        }
        guard let found else { return nil }
        guard found.position.offset < found.limit else { return found.position }
        let reader = BatchReader(file: found.file, uuid: found.uuid, checks: configuration.checks)
        var index = SegmentIndex()
        let offset = try reader.seek(
            sequence,
            from: found.position.offset,
            limit: found.limit,
            noting: &index
        )
        if found.wantsIndex {
            state.withLock { state in
                guard let at = state.indexOfSegment(found.position.segment) else { return }
                state.segments[at].index = index
            }
        }
        return LogPosition(segment: found.position.segment, use: found.uuid, offset: offset)
    }

    /// The deferred batches that hold messages at or above `sequence`.
    ///
    /// Reads the batch headers of segments that have any; off the event loops.
    package func deferredBatches(from sequence: UInt64) throws(DiskQueueError) -> [DeferredBatch] {
        let places = try state.withLock { (state) throws(DiskQueueError) in
            try state.placesOfDeferred(from: sequence)
        }
        var batches: [DeferredBatch] = []
        for place in places {
            let reader = BatchReader(file: place.file, uuid: place.uuid, checks: .all)
            var walker = HeaderWalker(
                reader: reader,
                offset: place.position.offset,
                limit: place.limit
            )
            while let (_, header) = try walker.next() {
                if header.deferredUntil != 0, header.endSequence > sequence {
                    batches.append(DeferredBatch(header))
                }
            }
        }
        return batches
    }
}

extension LogState {
    /// Where the bytes at a position come from.
    enum ChunkSource {
        case end
        case memory(LogChunk)
        case file(any File, LogPosition, limit: Int, uuid: UInt64)
    }

    /// Finds the bytes at `position`, or at the start of the next segment when that one ends there, or
    /// at the start of the file that took the place of the one that is meant.
    mutating func source(at position: LogPosition) throws(DiskQueueError) -> ChunkSource {
        activity &+= 1
        var position = position
        var at = firstSegment(atOrBehind: position.segment)
        // A segment whose sync failed may have become part of the one before.
        if at > 0, indexOfSegment(position.segment) == nil,
            segments[at - 1].endSequence > position.segment
        {
            at -= 1
        }
        while at < segments.count {
            if segments[at].uuid.low != position.use {
                position = LogPosition(
                    segment: segments[at].firstSequence,
                    use: segments[at].uuid.low,
                    offset: SegmentFormat.headerBytes
                )
            }
            if position.offset < segments[at].dataEnd { break }
            at += 1
        }
        guard at < segments.count else { return .end }
        if let (buffer, offset) = tail.find(position) {
            return .memory(
                LogChunk(
                    tail: buffer,
                    offset: offset,
                    count: buffer.count - offset,
                    start: position
                )
            )
        }
        return .file(
            try openReader(at),
            position,
            limit: segments[at].dataEnd,
            uuid: segments[at].uuid.low
        )
    }

    /// What ``TopicLog/locate(_:)`` needs to walk to a message.
    struct Place {
        var position: LogPosition
        var file: any File
        var limit: Int
        var uuid: UInt64
        var wantsIndex: Bool
    }

    /// The nearest known place at or before message `sequence`.
    mutating func place(of sequence: UInt64) throws(DiskQueueError) -> Place? {
        guard let at = segments.firstIndex(where: { $0.endSequence > sequence }) else { return nil }
        let segment = segments[at]
        let known = segment.index.offset(before: sequence)
        return Place(
            position: LogPosition(
                segment: segment.firstSequence,
                use: segment.uuid.low,
                offset: known ?? SegmentFormat.headerBytes
            ),
            file: try openReader(at),
            limit: segment.dataEnd,
            uuid: segment.uuid.low,
            wantsIndex: known == nil && segment.isSealed
        )
    }

    /// Where the segments begin that hold deferred messages at or above `sequence`.
    mutating func placesOfDeferred(from sequence: UInt64) throws(DiskQueueError) -> [Place] {
        var places: [Place] = []
        for at in segments.indices
        where segments[at].deferredCount > 0 && segments[at].endSequence > sequence {
            places.append(
                Place(
                    position: LogPosition(
                        segment: segments[at].firstSequence,
                        use: segments[at].uuid.low,
                        offset: SegmentFormat.headerBytes
                    ),
                    file: try openReader(at),
                    limit: segments[at].dataEnd,
                    uuid: segments[at].uuid.low,
                    wantsIndex: false
                )
            )
        }
        return places
    }

    /// The index of the segment that begins with `firstSequence`.
    func indexOfSegment(_ firstSequence: UInt64) -> Int? {
        let at = firstSegment(atOrBehind: firstSequence)
        return at < segments.count && segments[at].firstSequence == firstSequence ? at : nil
    }

    private func firstSegment(atOrBehind sequence: UInt64) -> Int {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].firstSequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func openReader(_ at: Int) throws(DiskQueueError) -> any File {
        if at == segments.count - 1, let activeFile { return activeFile }
        if let reader = segments[at].reader { return reader }
        do {
            let file = try configuration.fileSystem.open(segments[at].path, .readOnly)
            segments[at].reader = file
            return file
        } catch {
            throw DiskQueueError(error)
        }
    }
}
