import DiskQueue
import NSQCore
import Synchronization

extension Channel {
    /// Fills `destination` with as many whole message frames as the consumer's ready count and the space allow.
    ///
    /// Isolation: on the consumer's event loop, one call at a time. May read from disk when the channel lags.
    package func take(
        for consumer: Consumer,
        into destination: UnsafeMutableRawBufferPointer
    ) -> Delivery {
        let delivery = fill(destination, for: consumer)
        if let latency, delivery.byteCount > 0 {
            latency.delivered(UnsafeRawBufferPointer(rebasing: destination[..<delivery.byteCount]))
        }
        return delivery
    }

    private func fill(
        _ destination: UnsafeMutableRawBufferPointer,
        for consumer: Consumer
    ) -> Delivery {
        guard let member = consumer.member, member.channel === self,
            let base = destination.baseAddress
        else { return Delivery(state: .notReady) }
        let now = shared.time.monotonicNanoseconds
        var delivery = Delivery()
        var mayRetry = true
        var due: Int64?
        defer { schedule(due) }
        while true {
            let written = delivery.byteCount
            let step = core.withLock { core in
                let step = core.step(
                    slot: member.slot,
                    space: destination.count - written,
                    isEmpty: written == 0,
                    mayRetry: mayRetry,
                    now: now
                )
                due = core.dueToSchedule() ?? due
                if !core.sampledAway.isEmpty {
                    ledger?.finished(core.sampledAway)
                    core.sampledAway.removeAll()
                }
                if case .copy = step { ledger?.delivered(below: core.cursor) }
                return step
            }
            switch step {
            case .done(let state):
                delivery.state = state
                return delivery
            case .copy(let chunk, let slices, let bytes, let messages):
                withExtendedLifetime(chunk) {
                    Self.copy(consumer.slices.base, slices, to: base + written)
                }
                delivery.byteCount += bytes
                delivery.messageCount += messages
            case .load(let position, let sequence):
                guard load(position, sequence: sequence) else {
                    delivery.state = .caughtUp
                    return delivery
                }
            case .retry(let retries, let epoch):
                mayRetry = false
                let rest = UnsafeMutableRawBufferPointer(rebasing: destination[written...])
                let redelivery = redeliver(retries, to: member, into: rest, epoch: epoch, now: now)
                delivery.byteCount += redelivery.byteCount
                delivery.messageCount += redelivery.messageCount
                if let needed = redelivery.needed {
                    delivery.state =
                        delivery.byteCount == 0 && needed > destination.count
                        ? .needsBytes(needed) : .full
                    core.withLock { due = $0.dueToSchedule() ?? due }
                    return delivery
                }
                if redelivery.hasFailed {
                    core.withLock { due = $0.dueToSchedule() ?? due }
                    delivery.state = .caughtUp
                    return delivery
                }
            }
        }
    }

    private static func copy(
        _ slices: UnsafeMutablePointer<Slice>,
        _ count: Int,
        to destination: UnsafeMutableRawPointer
    ) {
        var target = destination
        for index in 0..<count {
            target.copyMemory(from: slices[index].base, byteCount: slices[index].count)
            target += slices[index].count
        }
    }

    /// Reads the next chunk of the log; `false` when the disk would not give it.
    private func load(_ position: LogPosition?, sequence: UInt64) -> Bool {
        let epoch = core.withLock { $0.epoch }
        do throws(DiskQueueError) {
            let place = if let position { position } else { try log.locate(sequence) }
            let chunk = if let place { try log.chunk(at: place) } else { nil as LogChunk? }
            core.withLock { $0.loaded(chunk, epoch: epoch) }
            return true
        } catch {
            let due = core.withLock { core in
                core.reader.isLoading = false
                core.readAgain(after: shared.time.monotonicNanoseconds)
                return core.dueToSchedule()
            }
            schedule(due)
            shared.noteReadFailure(error, topic: log.topicID)
            return false
        }
    }

    /// What a redelivery wrote.
    private struct Redelivery {
        var byteCount = 0
        var messageCount = 0
        /// Bytes of the first message that did not fit.
        var needed: Int?
        /// The disk would not give a message.
        var hasFailed = false
    }

    /// Copies messages that are delivered again, each with its attempts.
    private func redeliver(
        _ retries: [ChannelCore.Retry],
        to member: Consumer.Membership,
        into destination: UnsafeMutableRawBufferPointer,
        epoch: UInt64,
        now: Int64
    ) -> Redelivery {
        var result = Redelivery()
        var finder = MessageFinder(log: log)
        var sent: [ChannelCore.Retry] = []
        var unsent: [ChannelCore.Retry] = []
        var lost: [UInt64] = []
        for (index, retry) in retries.enumerated() {
            do throws(DiskQueueError) {
                guard let frame = try finder.frame(of: retry.sequence) else {
                    lost.append(retry.sequence)
                    continue
                }
                guard frame.count <= destination.count - result.byteCount,
                    let base = destination.baseAddress, let source = frame.baseAddress
                else {
                    result.needed = frame.count
                    unsent += retries[index...]
                    break
                }
                let target = base + result.byteCount
                target.copyMemory(from: source, byteCount: frame.count)
                target.storeBytes(
                    of: retry.attempts.bigEndian,
                    toByteOffset: SegmentFormat.attemptsOffset,
                    as: UInt16.self
                )
                result.byteCount += frame.count
                sent.append(retry)
            } catch {
                shared.noteReadFailure(error, topic: log.topicID)
                unsent.append(retry)
                result.hasFailed = true
            }
            if result.needed != nil { break }
        }
        result.messageCount = sent.count
        let stands = core.withLock { core in
            core.redelivered(
                sent[...],
                unsent: unsent[...],
                lost: lost,
                to: member.slot,
                epoch: epoch,
                now: now
            )
        }
        if result.hasFailed { core.withLock { $0.readAgain(after: now) } }
        if !stands {
            result.byteCount = 0
            result.messageCount = 0
        }
        return result
    }
}

/// Finds single messages in a log; ascending sequences share a read.
struct MessageFinder {
    private let log: TopicLog
    private var chunk: LogChunk?
    private var offset = 0

    init(log: TopicLog) { self.log = log }

    /// The frame of message `sequence`, valid until the next call; `nil` when it is not there any more.
    mutating func frame(of sequence: UInt64) throws(DiskQueueError) -> UnsafeRawBufferPointer? {
        if let found = search(sequence) { return found }
        guard let place = try log.locate(sequence), let chunk = try log.chunk(at: place) else {
            return nil
        }
        self.chunk = chunk
        offset = 0
        return search(sequence)
    }

    private mutating func search(_ sequence: UInt64) -> UnsafeRawBufferPointer? {
        guard let chunk else { return nil }
        while chunk.count - offset >= SegmentFormat.batchHeaderBytes {
            let batch = BatchSummary(at: chunk.base + offset)
            if batch.messageCount > 0, batch.firstSequence > sequence { return nil }
            if batch.messageCount > 0, sequence < batch.endSequence {
                var frame = chunk.base + offset + SegmentFormat.batchHeaderBytes
                for _ in batch.firstSequence..<sequence {
                    frame += FrameSize.bytes(at: frame)
                }
                return UnsafeRawBufferPointer(
                    start: frame,
                    count: FrameSize.bytes(at: frame)
                )
            }
            offset += batch.totalBytes
        }
        return nil
    }
}
