import DequeModule
import DiskQueue

extension ChannelCore {
    /// What ``Channel/take(for:into:)`` has to do next, outside the lock.
    enum Step {
        /// Nothing; the delivery ends.
        case done(Delivery.State)
        /// Copy this many slices of the chunk.
        case copy(LogChunk, slices: Int, bytes: Int, messages: Int)
        /// Read the chunk at the position, or the one that holds the sequence.
        case load(LogPosition?, sequence: UInt64)
        /// Deliver these again, if they fit.
        case retry([Retry], epoch: UInt64)
    }

    /// A message to be delivered again.
    struct Retry {
        var sequence: UInt64
        /// The attempts that this delivery shows.
        var attempts: UInt16
    }

    /// Most messages redelivered in one step.
    static let retryStep = 64

    /// Decides the next step of a delivery to the member in `slot`.
    ///
    /// `space`: bytes left in the destination.
    /// `isEmpty`: whether nothing was written to it yet.
    /// `mayRetry`: whether redeliveries had their share of this delivery already.
    mutating func step(
        slot: Int,
        space: Int,
        isEmpty: Bool,
        mayRetry: Bool,
        now: Int64
    ) -> Step {
        guard slot < members.count, let member = members[slot], !isClosed, !isPaused, !isDraining
        else {
            return .done(.notReady)
        }
        let budget = member.counts.readyCount - member.counts.inFlightCount
        guard budget > 0 else {
            if hasWork { wake(1) }
            return .done(.notReady)
        }
        let hasFresh = readable - cursor > detachedAhead
        if mayRetry, isRetryDue(hasFresh: hasFresh) {
            // Neither redeliveries nor fresh messages starve the other: each has half of a delivery.
            return popRetries(hasFresh ? max(1, budget / 2) : budget, hasFresh: hasFresh)
        }
        guard cursor < readable else { return retries.isEmpty ? wait(slot) : .done(.full) }
        if reader.chunk == nil {
            guard !reader.isLoading else { return wait(slot) }
            reader.isLoading = true
            if reader.next == nil { reader.sought = cursor..<readable }
            return .load(reader.next, sequence: cursor)
        }
        return deliverFresh(
            to: slot,
            member: member,
            budget: budget,
            space: space,
            isEmpty: isEmpty,
            now: now
        )
    }

    private var hasWork: Bool { !retries.isEmpty || readable - cursor > detachedAhead }

    private mutating func wait(_ slot: Int) -> Step {
        if let member = members[slot], !member.isWaiting {
            members[slot]?.isWaiting = true
            waiting.append(member.id)
        }
        return .done(.caughtUp)
    }

    private func isRetryDue(hasFresh: Bool) -> Bool {
        retries.first.map { $0.notBefore <= cursor || !hasFresh } ?? false
    }

    private mutating func popRetries(_ limit: Int, hasFresh: Bool) -> Step {
        var popped: [Retry] = []
        while popped.count < min(limit, Self.retryStep), isRetryDue(hasFresh: hasFresh),
            let sequence = retries.popFirst()?.sequence
        {
            guard window.code(of: sequence) == DeliveryWindow.queued else { continue }
            popped.append(
                Retry(sequence: sequence, attempts: (attempts[sequence] ?? 0) &+ 1)
            )
        }
        popped.sort { $0.sequence < $1.sequence }
        return .retry(popped, epoch: epoch)
    }

    /// Marks as many fresh messages of the chunk as fit, and says where their bytes lie.
    private mutating func deliverFresh(
        to slot: Int,
        member: Member,
        budget: Int,
        space: Int,
        isEmpty: Bool,
        now: Int64
    ) -> Step {
        guard let chunk = reader.chunk else { return .done(.caughtUp) }
        let run = runs.open(
            owner: member.id,
            deliveredAt: now,
            deadline: now &+ member.consumer.messageTimeout
        )
        let first = cursor
        var walk = Walk(
            chunk: chunk,
            run: run,
            budget: budget,
            space: space,
            slices: member.consumer.slices.base,
            sampleRate: member.consumer.sampleRate
        )
        walkChunk(&walk)
        runs.close(run, range: first..<cursor, count: walk.taken)
        if walk.isChunkDone {
            reader.next = walk.jumped ? nil : chunk.end
            reader.chunk = nil
            reader.offset = 0
            reader.left = 0
        }
        if walk.taken == 0 {
            if let needed = walk.needed {
                return .done(isEmpty && needed > space ? .needsBytes(needed) : .full)
            }
            return .copy(chunk, slices: 0, bytes: 0, messages: 0)
        }
        members[slot]?.counts.inFlightCount += walk.taken
        members[slot]?.counts.messageCount += walk.taken
        deliveries.add(walk.taken, member.consumer.proximity)
        inFlightCount += Int64(walk.taken)
        return .copy(chunk, slices: walk.sliceCount, bytes: walk.bytes, messages: walk.taken)
    }

    /// One pass over a chunk.
    private struct Walk {
        let chunk: LogChunk
        let run: UInt32
        let budget: Int
        let space: Int
        let slices: UnsafeMutablePointer<Slice>
        let sampleRate: Int
        var taken = 0
        var bytes = 0
        var sliceCount = 0
        /// Bytes of the message that did not fit.
        var needed: Int?
        var isChunkDone = false
        /// The cursor left the chunk; the next one has to be looked up.
        var jumped = false

        /// Adds bytes to the last slice when they follow it.
        mutating func emit(_ start: Int, _ count: Int) {
            guard count > 0 else { return }
            let base = chunk.base + start
            if sliceCount > 0, slices[sliceCount - 1].base + slices[sliceCount - 1].count == base {
                slices[sliceCount - 1].count += count
            } else {
                slices[sliceCount] = Slice(base: base, count: count)
                sliceCount += 1
            }
            bytes += count
        }
    }

    private mutating func walkChunk(_ walk: inout Walk) {
        while walk.taken < walk.budget, walk.sliceCount < SliceBuffer.capacity, walk.needed == nil {
            guard cursor < readable else { return }
            if reader.left == 0 {
                guard enterBatch(&walk) else { return }
                continue
            }
            switch window.stretch(at: cursor) {
            case .finished(let end):
                skip(until: min(end, readable), &walk)
                if walk.jumped { return }
            case .codes(let codes, let hasMarks):
                if hasMarks || walk.sampleRate > 0 {
                    walkMarked(codes, &walk)
                } else {
                    walkFresh(codes, &walk)
                }
            }
        }
    }

    /// Reads the batch header at the offset; `false` at the end of the chunk.
    private mutating func enterBatch(_ walk: inout Walk) -> Bool {
        let rest = walk.chunk.count - reader.offset
        guard rest >= SegmentFormat.batchHeaderBytes else {
            walk.isChunkDone = true
            return false
        }
        let batch = BatchSummary(at: walk.chunk.base + reader.offset)
        if batch.messageCount == 0 || batch.endSequence <= cursor {
            reader.offset += batch.totalBytes
            return true
        }
        if batch.firstSequence > cursor {
            // Numbers that no message has: a jump, or a damaged range.
            let end = min(batch.firstSequence, readable)
            let fresh = window.markFinished(cursor..<end)
            detachedAhead -= min(detachedAhead, (end - cursor) - fresh)
            cursor = end
            return true
        }
        reader.offset += SegmentFormat.batchHeaderBytes
        reader.left = batch.messageCount
        for _ in batch.firstSequence..<cursor { passMessage(walk.chunk) }
        return true
    }

    private mutating func passMessage(_ chunk: LogChunk) {
        reader.offset += FrameSize.bytes(at: chunk.base + reader.offset)
        reader.left -= 1
    }

    /// Passes over finished messages up to `end`; a long way is looked up instead of walked.
    private mutating func skip(until end: UInt64, _ walk: inout Walk) {
        let count = end - cursor
        detachedAhead -= min(detachedAhead, count)
        if count > UInt64(reader.left) {
            cursor = end
            walk.isChunkDone = true
            walk.jumped = true
            return
        }
        for _ in 0..<count { passMessage(walk.chunk) }
        cursor = end
    }

    /// Takes messages of a chunk of the window in which all from the cursor on are fresh.
    private mutating func walkFresh(
        _ codes: UnsafeMutablePointer<DeliveryWindow.Code>,
        _ walk: inout Walk
    ) {
        let within = Int(cursor % DeliveryWindow.chunkSize)
        let limit = min(
            reader.left,
            walk.budget - walk.taken,
            Int(DeliveryWindow.chunkSize) - within,
            Int(clamping: readable - cursor)
        )
        let base = walk.chunk.base
        let start = reader.offset
        let space = walk.space - walk.bytes
        let run = walk.run
        var offset = start
        var count = 0
        while count < limit {
            let size = FrameSize.bytes(at: base + offset)
            guard offset - start + size <= space else {
                walk.needed = size
                break
            }
            codes[within + count] = run
            offset += size
            count += 1
        }
        walk.emit(start, offset - start)
        walk.taken += count
        reader.offset = offset
        reader.left -= count
        cursor += UInt64(count)
    }

    /// The same, where some may be finished, deferred or queued already, or are sampled away.
    private mutating func walkMarked(
        _ codes: UnsafeMutablePointer<DeliveryWindow.Code>,
        _ walk: inout Walk
    ) {
        let within = Int(cursor % DeliveryWindow.chunkSize)
        let limit = min(
            reader.left,
            Int(DeliveryWindow.chunkSize) - within,
            Int(clamping: readable - cursor)
        )
        let chunk = cursor / DeliveryWindow.chunkSize
        var dropped: Int32 = 0
        defer { window.noteFinished(dropped, inChunk: chunk) }
        for at in within..<within + limit {
            guard walk.taken < walk.budget, walk.sliceCount < SliceBuffer.capacity else { return }
            let size = FrameSize.bytes(at: walk.chunk.base + reader.offset)
            if codes[at] != DeliveryWindow.fresh {
                detachedAhead -= min(detachedAhead, 1)
            } else if walk.sampleRate > 0, !sampling.keeps(walk.sampleRate) {
                codes[at] = DeliveryWindow.finished
                dropped += 1
                sampledAway.append(cursor..<cursor + 1)
            } else if walk.bytes + size > walk.space {
                walk.needed = size
                return
            } else {
                codes[at] = walk.run
                walk.emit(reader.offset, size)
                walk.taken += 1
            }
            reader.offset += size
            reader.left -= 1
            cursor += 1
        }
    }

    /// Takes in what a load gave.
    ///
    /// `chunk`: `nil` when the log ends before the channel's cursor can be read.
    mutating func loaded(_ chunk: LogChunk?, epoch: UInt64) {
        reader.isLoading = false
        guard epoch == self.epoch else {
            reader.next = nil
            return
        }
        if let chunk {
            reader.chunk = chunk
            reader.offset = 0
            reader.left = 0
        } else if reader.next != nil, reader.sought.lowerBound != cursor {
            reader.next = nil
        } else {
            // Nothing is left of what should be there: the log reported it. What was published since
            // the look-up is not meant.
            let end = max(cursor, min(reader.sought.upperBound, readable))
            let fresh = window.markFinished(cursor..<end)
            detachedAhead -= min(detachedAhead, (end - cursor) - fresh)
            cursor = end
            reader.next = nil
        }
        wake(1)
    }

    private mutating func putBack(_ retry: Retry) {
        retries.prepend(Waiting(sequence: retry.sequence, notBefore: 0))
    }

    /// Notes what was redelivered, and queues again what did not fit.
    ///
    /// - Returns: whether the delivery stands; `false` when the channel was emptied meanwhile.
    mutating func redelivered(
        _ sent: ArraySlice<Retry>,
        unsent: ArraySlice<Retry>,
        lost: [UInt64],
        to slot: Int,
        epoch: UInt64,
        now: Int64
    ) -> Bool {
        guard epoch == self.epoch, let member = members[slot] else {
            if epoch == self.epoch {
                for retry in (sent + unsent).reversed() { putBack(retry) }
            }
            return false
        }
        for sequence in lost {
            attempts[sequence] = nil
            window.set(DeliveryWindow.finished, of: sequence, isAhead: false)
        }
        for retry in unsent.reversed() { putBack(retry) }
        guard !sent.isEmpty else { return true }
        let run = runs.open(
            owner: member.id,
            deliveredAt: now,
            deadline: now &+ member.consumer.messageTimeout
        )
        for retry in sent {
            window.set(run, of: retry.sequence, isAhead: retry.sequence >= cursor)
            attempts[retry.sequence] = retry.attempts
        }
        runs.close(run, messages: sent.map(\.sequence))
        members[slot]?.counts.inFlightCount += sent.count
        members[slot]?.counts.messageCount += sent.count
        deliveries.add(sent.count, members[slot]?.consumer.proximity ?? .global)
        inFlightCount += Int64(sent.count)
        return true
    }
}
