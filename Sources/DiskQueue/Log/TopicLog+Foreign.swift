private import NSQCore
private import Synchronization

extension TopicLog {
    /// Appends messages that were made elsewhere, as one batch: whole or not at all.
    ///
    /// Durability: as ``append(_:timestamp:deferral:)``.
    ///
    /// - Parameters:
    ///   - batch: the messages; empty again on return.
    ///   - deferral: how long they are held back.
    /// - Returns: what was appended.
    /// - Throws: as ``append(_:timestamp:deferral:)``; the batch is kept then.
    package func append(
        _ batch: inout ForeignBatch,
        deferral: Deferral? = nil
    ) throws(DiskQueueError) -> Appended {
        var events: [LogEvent] = []
        defer { if !events.isEmpty { events.forEach(report) } }
        let appended = try state.withLock { (state) throws(DiskQueueError) in
            try state.append(&batch, deferral: deferral, events: &events)
        }
        batch.removeAll()
        return appended
    }
}

extension LogState {
    /// Appends a batch as it is; see ``TopicLog/append(_:deferral:)``.
    fileprivate mutating func append(
        _ batch: inout ForeignBatch,
        deferral: TopicLog.Deferral?,
        events: inout [LogEvent]
    ) throws(DiskQueueError) -> TopicLog.Appended {
        try checkIsWritable()
        let segmentCount = segments.count
        try rollIfNeeded(for: batch.bytes.count, events: &events)
        let first = nextSequence
        guard first <= MessageID.maximumSequence - UInt64(batch.count) else {
            throw DiskQueueError(.tooLarge, "topic \(topicName) has no numbers left for messages")
        }
        let file = try openActiveFile()
        let last = segments.count - 1
        let offset = segments[last].dataEnd
        let header = BatchHeader(
            payloadBytes: 0,
            payloadChecksum: 0,
            segmentUUID: segments[last].uuid.low,
            firstSequence: first,
            messageCount: batch.count,
            deferredUntil: deferral?.untilMilliseconds ?? 0,
            delay: deferral?.delayMilliseconds ?? 0,
            syncedThrough: syncedOffset
        )
        batch.seal(header, nodeBits: configuration.nodeBits)
        do {
            try file.write(batch.bytes, at: offset)
        } catch {
            abandonWrite(at: offset, in: file)
            throw DiskQueueError(error)
        }
        segments[last].index.note(sequence: first, offset: offset)
        let gap = first > endSequence ? endSequence..<first : nil
        segments[last].dataEnd = offset + batch.bytes.count
        nextSequence = first + UInt64(batch.count)
        segments[last].endSequence = nextSequence
        endSequence = nextSequence
        if deferral != nil { segments[last].deferredCount += UInt64(batch.count) }
        noteWritten(bytes: batch.bytes.count, messages: batch.count, events: &events)
        return TopicLog.Appended(
            firstSequence: first,
            count: batch.count,
            gap: gap,
            hasSealed: segments.count > segmentCount
        )
    }
}
