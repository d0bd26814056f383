private import NSQCore

extension LogState {
    /// Appends messages; see ``TopicLog/append(_:timestamp:deferral:)``.
    mutating func append(
        _ bodies: UnsafeBufferPointer<UnsafeRawBufferPointer>,
        timestamp: Int64,
        deferral: TopicLog.Deferral?,
        events: inout [LogEvent]
    ) throws(DiskQueueError) -> TopicLog.Appended {
        try checkIsWritable()
        if let reserve = configuration.reserve, reserve.isSpent,
            !reserve.restore(now: configuration.time.monotonicNanoseconds)
        {
            throw DiskQueueError(
                .noSpace,
                "the disk is full: what is left of it is for consumers; free some, or let them finish"
            )
        }
        var payloadBytes = 0
        for body in bodies { payloadBytes += body.count + SegmentFormat.messageHeaderBytes }
        guard payloadBytes < SegmentFormat.maximumPayloadBytes else {
            throw DiskQueueError(.tooLarge, "a publish of \(payloadBytes) bytes is too large")
        }
        // A batch closes once it holds the target, so this many headers are enough.
        let need =
            payloadBytes
            + (payloadBytes / SegmentFormat.batchPayloadTarget + 1) * SegmentFormat.batchHeaderBytes
        let segmentCount = segments.count
        try rollIfNeeded(for: need, events: &events)
        let file = try openActiveFile()
        let last = segments.count - 1
        let offset = segments[last].dataEnd
        let first = nextSequence

        let reserved = tail.reserve(need, segment: segments[last].firstSequence, offset: offset)
        let scratch = reserved == nil ? ReadBuffer(minimum: need) : nil
        guard let destination = reserved ?? scratch?.base else {
            throw DiskQueueError(.io, "no memory for \(need) bytes")
        }
        let written = encode(
            bodies,
            at: destination,
            offset: offset,
            timestamp: timestamp,
            deferral: deferral
        )
        do {
            try file.write(UnsafeRawBufferPointer(start: destination, count: written), at: offset)
        } catch {
            abandonWrite(at: offset, in: file)
            throw DiskQueueError(error)
        }
        if reserved != nil { tail.commit(written) }

        let gap = first > endSequence ? endSequence..<first : nil
        segments[last].dataEnd = offset + written
        nextSequence = first &+ UInt64(bodies.count)
        segments[last].endSequence = nextSequence
        endSequence = nextSequence
        if deferral != nil { segments[last].deferredCount += UInt64(bodies.count) }
        noteWritten(bytes: written, messages: bodies.count, events: &events)
        return TopicLog.Appended(
            firstSequence: first,
            count: bodies.count,
            gap: gap,
            hasSealed: segments.count > segmentCount
        )
    }

    /// Appends the roster as a control batch and keeps it for the segments to come.
    mutating func append(_ roster: Roster, events: inout [LogEvent]) throws(DiskQueueError) {
        try checkIsWritable()
        let before = self.roster
        self.roster = roster
        do throws(DiskQueueError) {
            let payload = ControlRecord.roster(roster).encoded()
            let need = payload.count + SegmentFormat.batchHeaderBytes
            let count = segments.count
            try rollIfNeeded(for: need, events: &events)
            // A fresh segment began with this roster already.
            guard segments.count == count else { return }
            let file = try openActiveFile()
            let last = segments.count - 1
            let offset = segments[last].dataEnd
            let bytes = batchBytes(control: payload, in: segments[last])
            do {
                try file.write(bytes, at: offset)
            } catch {
                abandonWrite(at: offset, in: file)
                throw DiskQueueError(error)
            }
            segments[last].dataEnd = offset + bytes.count
            noteWritten(bytes: bytes.count, messages: 0, events: &events)
        } catch {
            self.roster = before
            throw error
        }
    }

    /// Writes the batches of one publish at `destination`, which lies at `offset` of the last segment.
    ///
    /// - Returns: the bytes written.
    private mutating func encode(
        _ bodies: UnsafeBufferPointer<UnsafeRawBufferPointer>,
        at destination: UnsafeMutableRawPointer,
        offset: Int,
        timestamp: Int64,
        deferral: TopicLog.Deferral?
    ) -> Int {
        let last = segments.count - 1
        let uuid = segments[last].uuid.low
        let node = UInt64(truncatingIfNeeded: configuration.nodeBits) << 12
        var sequence = nextSequence
        var position = 0
        var index = 0
        while index < bodies.count {
            let header = position
            let first = sequence
            position += SegmentFormat.batchHeaderBytes
            let start = position
            repeat {
                let id = (sequence >> 12) << 22 | node | sequence & 0xfff
                position += MessageFrame.write(
                    bodies[index],
                    id: id,
                    timestamp: timestamp,
                    at: destination + position
                )
                sequence &+= 1
                index += 1
            } while index < bodies.count && position - start < SegmentFormat.batchPayloadTarget
            let payload = UnsafeRawBufferPointer(
                start: destination + start,
                count: position - start
            )
            BatchHeader(
                payloadBytes: payload.count,
                payloadChecksum: Checksum.crc32c(payload),
                segmentUUID: uuid,
                firstSequence: first,
                messageCount: Int(sequence &- first),
                deferredUntil: deferral?.untilMilliseconds ?? 0,
                delay: deferral?.delayMilliseconds ?? 0,
                syncedThrough: syncedOffset
            ).encode(at: destination + header)
            segments[last].index.note(sequence: first, offset: offset + header)
        }
        return position
    }

    /// Begins a new segment when `need` bytes would make this one too long, or when the sequence jumped.
    mutating func rollIfNeeded(
        for need: Int,
        events: inout [LogEvent]
    ) throws(DiskQueueError) {
        guard let last = segments.last, !last.isSealed else {
            try startSegment(events: &events)
            return
        }
        let isFull =
            last.dataEnd + need + SegmentSeal.totalBytes > configuration.maximumSegmentBytes
        let hasMessages = last.endSequence > last.firstSequence
        // Rosters alone fill a segment too. The next one needs another name, and so another sequence.
        if isFull, !hasMessages, last.dataEnd > configuration.maximumSegmentBytes / 2 {
            nextSequence = nextSequence &+ TopicRecovery.sequenceJump
        }
        if isFull && hasMessages || last.endSequence != nextSequence { try roll(events: &events) }
    }

    /// Cuts what a failed write may have left, so that the next batch follows the last good one.
    mutating func abandonWrite(at offset: Int, in file: any File) {
        do {
            try file.truncate(to: offset)
            if let last = segments.indices.last { segments[last].isRecycled = false }
        } catch {
            // SWALLOW: it may hold whole batches of the refused publish, so nothing is written before it is cut.
            needsCut = true
        }
    }
}
