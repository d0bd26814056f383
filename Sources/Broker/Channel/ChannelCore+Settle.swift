import DiskQueue
import HeapModule

extension ChannelCore {
    /// Finishes the messages of `ids` that are in flight to `member`, noting each run in the ledger.
    ///
    /// - Returns: the index of each that could not be finished, and why.
    mutating func finish(
        _ ids: UnsafeBufferPointer<UInt64>,
        by member: Consumer.Membership,
        ledger: Ledger?
    ) -> [(index: Int, reason: BrokerError)] {
        var failures: [(index: Int, reason: BrokerError)] = []
        var batch = FinishBatch()
        for index in ids.indices {
            let sequence = Self.sequence(ofID: ids[index])
            let chunk = sequence / DeliveryWindow.chunkSize
            if chunk != batch.chunk || batch.codes == nil {
                window.noteFinished(batch.count, inChunk: batch.chunk)
                batch.count = 0
                batch.chunk = chunk
                batch.codes = window.codes(ofChunk: chunk)
            }
            let at = Int(sequence % DeliveryWindow.chunkSize)
            let code = batch.codes?[at] ?? window.code(of: sequence)
            guard code != DeliveryWindow.fresh, code <= DeliveryWindow.maximumRun else {
                failures.append((index, .notInFlight))
                continue
            }
            if code != batch.run {
                guard runs[code].owner == member.id else {
                    failures.append((index, .notOwner))
                    continue
                }
                if batch.runCount > 0 { runs.settle(batch.run, count: batch.runCount) }
                batch.run = code
                batch.runCount = 0
            }
            if let codes = batch.codes {
                codes[at] = DeliveryWindow.finished
                batch.count += 1
            } else {
                window.set(DeliveryWindow.finished, of: sequence, isAhead: false)
            }
            batch.runCount += 1
            if !attempts.isEmpty { attempts[sequence] = nil }
            batch.total += 1
            if sequence != batch.end {
                batch.closeStretch(ledger)
                batch.start = sequence
            }
            batch.end = sequence + 1
        }
        if batch.runCount > 0 { runs.settle(batch.run, count: batch.runCount) }
        window.noteFinished(batch.count, inChunk: batch.chunk)
        batch.closeStretch(ledger)
        inFlightCount -= Int64(batch.total)
        members[member.slot]?.counts.inFlightCount -= batch.total
        members[member.slot]?.counts.finishCount += batch.total
        isChanged = true
        return failures
    }

    /// The sequence inside a message id; here, so that it is inlined where it is needed once a message.
    @inline(__always)
    private static func sequence(ofID id: UInt64) -> UInt64 { (id >> 22) << 12 | id & 0xfff }

    /// What one pass of finishes carries from message to message.
    private struct FinishBatch {
        var chunk = UInt64.max
        var codes: UnsafeMutablePointer<DeliveryWindow.Code>?
        /// Messages of the chunk that were set to finished and not counted yet.
        var count: Int32 = 0
        var total = 0
        /// The run of the last message, and how many of its messages were not taken out yet.
        var run = DeliveryWindow.fresh
        var runCount: Int32 = 0
        /// The stretch of consecutive messages that the ledger has not been told of.
        var start: UInt64 = 0
        var end: UInt64 = 0

        /// Notes the stretch that ends here.
        func closeStretch(_ ledger: Ledger?) {
            if start < end { ledger?.finished(start..<end) }
        }
    }

    /// Takes a message that is in flight to `member` out of its run.
    ///
    /// - Returns: its sequence, and the run as it was.
    private mutating func release(
        _ id: UInt64,
        from member: Consumer.Membership
    ) throws(BrokerError) -> (sequence: UInt64, run: DeliveryRuns.Run) {
        let sequence = Self.sequence(ofID: id)
        let code = window.code(of: sequence)
        guard code != DeliveryWindow.fresh, code <= DeliveryWindow.maximumRun else {
            throw .notInFlight
        }
        let run = runs[code]
        guard run.owner == member.id else { throw .notOwner }
        runs.settle(code)
        return (sequence, run)
    }

    /// Requeues a message, at once or after `delay` nanoseconds.
    mutating func requeue(
        _ id: UInt64,
        delay: Int64,
        by member: Consumer.Membership,
        ledger: Ledger?,
        now: Int64,
        wallMilliseconds: UInt64
    ) throws(BrokerError) {
        let sequence = try release(id, from: member).sequence
        let count = attempts[sequence] ?? 1
        attempts[sequence] = count
        requeueCount += 1
        inFlightCount -= 1
        members[member.slot]?.counts.inFlightCount -= 1
        members[member.slot]?.counts.requeueCount += 1
        isChanged = true
        guard delay > 0 else {
            queue(sequence)
            ledger?.requeued(sequence, attempts: count, isTimeout: false)
            wake(1)
            return
        }
        let milliseconds = UInt64((delay - 1) / 1_000_000 + 1)
        let redelivery = ChannelState.Redelivery(
            attempts: count,
            dueMilliseconds: wallMilliseconds &+ milliseconds,
            delayMilliseconds: milliseconds
        )
        hold(sequence, redelivery, due: now.adding(delay), isAhead: sequence >= cursor)
        ledger?.deferred(sequence, redelivery)
    }

    /// Gives a message a new deadline, at most `maximum` nanoseconds after its delivery.
    mutating func touch(
        _ id: UInt64,
        by member: Consumer.Membership,
        timeout: Int64,
        maximum: Int64,
        now: Int64
    ) throws(BrokerError) {
        let (sequence, run) = try release(id, from: member)
        let deadline = min(now &+ timeout, run.deliveredAt &+ maximum)
        let fresh = runs.open(
            owner: member.id,
            deliveredAt: run.deliveredAt,
            deadline: deadline
        )
        window.set(fresh, of: sequence, isAhead: sequence >= cursor)
        runs.close(fresh, range: sequence..<sequence + 1, count: 1)
    }

    /// Puts a message at the end of the queue of redeliveries.
    mutating func queue(_ sequence: UInt64) {
        window.set(DeliveryWindow.queued, of: sequence, isAhead: sequence >= cursor)
        retries.append(
            Waiting(sequence: sequence, notBefore: min(readable, cursor &+ Self.retryPatience))
        )
    }

    /// Times out and releases what is due at `now`.
    mutating func processDue(now: Int64, ledger: Ledger?) {
        var released = 0
        while let (run, range, others) = runs.popExpired(at: now) {
            let owner = runs[run].owner
            var count: Int32 = 0
            for sequence in range where window.code(of: sequence) == run {
                timeOut(sequence, ledger: ledger)
                count += 1
            }
            for sequence in others where window.code(of: sequence) == run {
                timeOut(sequence, ledger: ledger)
                count += 1
            }
            runs.settle(run, count: count)
            released += Int(count)
            inFlightCount -= Int64(count)
            timeoutCount += UInt64(count)
            if let slot = memberSlots[owner] {
                members[slot]?.counts.inFlightCount -= Int(count)
            }
            wakeOwner(owner)
        }
        while let first = deferred.min, first.at <= now {
            deferred.removeMin()
            guard deferrals.removeValue(forKey: first.sequence) != nil else { continue }
            queue(first.sequence)
            released += 1
        }
        wake(released)
        if readAgainAt <= now {
            readAgainAt = .max
            wakeAll()
        }
    }

    /// Has the consumers told to try again a while after `now`: the disk would not give a message.
    mutating func readAgain(after now: Int64) {
        readAgainAt = min(readAgainAt, now &+ Self.readPause)
    }

    private mutating func timeOut(_ sequence: UInt64, ledger: Ledger?) {
        let count = attempts[sequence] ?? 1
        attempts[sequence] = count
        queue(sequence)
        ledger?.requeued(sequence, attempts: count, isTimeout: true)
        isChanged = true
    }

    /// Drops everything that is readable: queued, in flight and deferred.
    mutating func empty(ledger: Ledger?) {
        window = DeliveryWindow(floor: readable)
        cursor = readable
        detachedAhead = 0
        reader = Reader()
        retries.removeAll()
        deferred = Heap()
        deferrals.removeAll()
        attempts.removeAll()
        runs.removeAll()
        inFlightCount = 0
        epoch += 1
        for slot in members.indices where members[slot] != nil {
            members[slot]?.counts.inFlightCount = 0
        }
        isChanged = true
        ledger?.emptied(below: readable)
        wakeAll()
    }

    /// The delivery state for a checkpoint; what is in flight will be delivered again after a restart.
    mutating func state() -> ChannelState {
        var state = ChannelState(start: window.floor())
        var redeliveries: [(UInt64, ChannelState.Redelivery)] = []
        let attempts = attempts
        let deferrals = deferrals
        window.forEach(
            message: { sequence, code in
                if code == DeliveryWindow.deferred, let redelivery = deferrals[sequence] {
                    redeliveries.append((sequence, redelivery))
                } else {
                    let count = attempts[sequence] ?? (code == DeliveryWindow.queued ? 0 : 1)
                    redeliveries.append((sequence, ChannelState.Redelivery(attempts: count)))
                }
            },
            finished: { state.finish($0) }
        )
        for (sequence, redelivery) in redeliveries { state.requeue(sequence, redelivery) }
        return state
    }

    /// Whether a message of `range` may still be delivered.
    mutating func needs(_ range: Range<UInt64>) -> Bool {
        let floor = window.floor()
        return range.upperBound > floor
            && !window.isFinished(max(range.lowerBound, floor)..<range.upperBound)
    }
}
