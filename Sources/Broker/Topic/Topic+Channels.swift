import DiskQueue
package import NSQCore
import Synchronization

extension Topic {
    /// The channel of that name, made when there is none.
    ///
    /// A new channel begins where the pump stands: the first one gets the whole backlog, later ones what comes
    /// after them, one made while the topic is paused what has piled up.
    ///
    /// - Throws: `.exiting`, `.storage`.
    package func channel(_ name: ChannelName) throws(BrokerError) -> Channel {
        if let channel = existingChannel(name) { return channel }
        let isMade: Bool
        let channel: Channel
        do throws(DiskQueueError) {
            (channel, isMade) = try state.withLock { (state) throws(DiskQueueError) in
                if let channel = state.channels.first(where: { $0.name == name }) {
                    return (channel, false)
                }
                guard !isExiting else { throw DiskQueueError(.closed, "exiting") }
                return (try make(name, in: &state), true)
            }
        } catch {
            throw shared.notePublishFailure(error)
        }
        if isMade { announce(channel) }
        return channel
    }

    /// Reports a channel that was made, and has its row written.
    func announce(_ channel: Channel) {
        shared.report(.channelCreated(topic: name.text, channel: channel.name.text))
        if channel.id != 0 { shared.store.record(.channelSaved(row(of: channel))) }
    }

    /// Makes a channel where the pump stands, and lets the pump go unless something else holds it.
    func make(
        _ name: ChannelName,
        in state: inout TopicState
    ) throws(DiskQueueError) -> Channel {
        var roster = state.roster
        let pump = roster.pump(end: log.endSequence)
        let isDurable = !name.isEphemeral && !self.name.isEphemeral
        let id = isDurable ? roster.addChannel(name.text, end: pump).id : 0
        if !state.awaitsChannels { roster.letPumpGo() }
        try record(roster)
        let channel = Channel(
            name: name,
            id: id,
            core: ChannelCore(
                start: pump,
                isPaused: false,
                capacity: isDurable ? nil : capacity(of: name)
            ),
            ledger: isDurable
                ? shared.store.createLedger(of: log, channelID: id, channelName: name.text) : nil,
            topic: self
        )
        let wasHeld = state.roster.heldPump != nil
        state.roster = roster
        state.channels.append(channel)
        if wasHeld, roster.heldPump == nil { release(from: pump, &state) }
        return channel
    }

    private func capacity(of name: ChannelName) -> UInt64? {
        name.isEphemeral || self.name.isEphemeral
            ? UInt64(shared.configuration.memoryQueueSize) : nil
    }

    private func row(of channel: Channel) -> ChannelRecord {
        let member = state.withLock { state in
            state.roster.members.first { $0.id == channel.id }
        }
        return ChannelRecord(
            topicID: log.topicID,
            member
                ?? Roster.Member(
                    id: channel.id,
                    name: channel.name.text,
                    isPaused: false,
                    startSequence: 0
                )
        )
    }

    /// Writes the roster into the log; an ephemeral topic has no need of it.
    func record(_ roster: Roster) throws(DiskQueueError) {
        if !name.isEphemeral { try log.record(roster) }
    }

    /// Lets the channels read from where the pump stood to the end of the log.
    func release(from pump: UInt64, _ state: inout TopicState) {
        let end = log.endSequence
        let count = log.messageCount(from: pump)
        let now = shared.time.monotonicNanoseconds
        let wall = shared.wallMilliseconds
        // The clock of a deferred message starts when the channels receive it (spec 3.6).
        let batches = state.heldDeferred.map { held in
            var batch = held
            batch.untilMilliseconds = wall &+ batch.delayMilliseconds
            let delay = Int64(clamping: batch.delayMilliseconds).multiplied(by: 1_000_000)
            return (batch: batch, due: now.adding(delay))
        }
        state.heldDeferred.removeAll()
        for channel in state.channels {
            let due = channel.core.withLock { core in
                core.advance(to: end, count: count, gaps: state.gaps, deferred: batches)
                // The log says when they were published, not when their clock started.
                for batch in batches { channel.ledger?.deferred(batch.batch) }
                return core.dueToSchedule()
            }
            channel.schedule(due)
        }
        state.gaps.removeAll()
    }

    /// Deletes a channel with everything in it; its consumers' connections are closed.
    ///
    /// - Throws: `.channelNotFound`, `.storage`.
    package func deleteChannel(_ name: ChannelName) throws(BrokerError) {
        let found: (channel: Channel, isLast: Bool)?
        do throws(DiskQueueError) {
            found = try state.withLock { (state) throws(DiskQueueError) in
                guard let at = state.channels.firstIndex(where: { $0.name == name }) else {
                    return nil
                }
                var roster = state.roster
                let channel = state.channels[at]
                roster.removeChannel(id: channel.id)
                if state.channels.count == 1 { roster.holdPump(at: log.endSequence) }
                try record(roster)
                state.roster = roster
                state.channels.remove(at: at)
                return (channel, state.channels.isEmpty)
            }
        } catch {
            throw shared.notePublishFailure(error)
        }
        guard let found else { throw .channelNotFound }
        shared.report(.channelDeleting(topic: self.name.text, channel: name.text))
        found.channel.close()
        if let ledger = found.channel.ledger {
            shared.store.deleteLedger(ledger, of: log, channelID: found.channel.id)
        }
        scheduleCollection()
        if found.isLast { abandonIfEphemeral() }
    }

    // MARK: - Pause and empty

    /// Stops the flow to the channels; messages pile up in the topic.
    ///
    /// Persisted on return.
    package func pause() throws(BrokerError) {
        try setPaused(true)
        shared.background?.writeMetadataNow()
    }

    /// Lets messages flow to the channels again.
    ///
    /// Persisted on return.
    package func unpause() throws(BrokerError) {
        try setPaused(false)
        shared.background?.writeMetadataNow()
    }

    /// Pauses or unpauses the topic; its row follows in the background.
    func setPaused(_ isPaused: Bool) throws(BrokerError) {
        try change { state, roster in
            if isPaused {
                roster.pause(end: log.endSequence)
            } else {
                roster.unpause()
                if !state.channels.isEmpty, !state.awaitsChannels { roster.letPumpGo() }
            }
        }
    }

    private func change(
        _ body: (TopicState, inout Roster) -> Void
    ) throws(BrokerError) {
        let record: TopicRecord
        do throws(DiskQueueError) {
            record = try state.withLock { (state) throws(DiskQueueError) in
                var roster = state.roster
                body(state, &roster)
                let held = state.roster.heldPump
                try self.record(roster)
                state.roster = roster
                if let held, roster.heldPump == nil { release(from: held, &state) }
                return TopicRecord(
                    id: log.topicID,
                    name: name.text,
                    isPaused: roster.isPaused,
                    createdMilliseconds: createdMilliseconds
                )
            }
        } catch {
            throw shared.notePublishFailure(error)
        }
        if !name.isEphemeral { shared.store.record(.topicSaved(record)) }
        scheduleCollection()
    }

    /// Pauses or unpauses a channel of this topic; its row follows in the background.
    func setPaused(_ isPaused: Bool, _ channel: Channel) throws(BrokerError) {
        do throws(DiskQueueError) {
            try state.withLock { (state) throws(DiskQueueError) in
                var roster = state.roster
                if roster.setPaused(isPaused, channelID: channel.id) {
                    try record(roster)
                    state.roster = roster
                }
            }
        } catch {
            throw shared.notePublishFailure(error)
        }
        channel.setPaused(isPaused)
        if channel.id != 0 { shared.store.record(.channelSaved(row(of: channel))) }
        scheduleCollection()
    }

    /// Drops what no channel has received yet.
    ///
    /// Channels keep what they have. Blocking; persisted on return.
    package func empty() throws(BrokerError) {
        do throws(DiskQueueError) {
            let ledgers = try state.withLock { (state) throws(DiskQueueError) -> [Ledger] in
                guard let held = state.roster.heldPump else { return [] }
                let end = log.endSequence
                var roster = state.roster
                roster.heldPump = end
                try record(roster)
                state.roster = roster
                state.heldDeferred.removeAll()
                for channel in state.channels {
                    channel.core.withLock { core in
                        core.advance(to: end, count: 0, gaps: [held..<end], deferred: [])
                    }
                    channel.ledger?.finished(held..<end)
                }
                return state.channels.compactMap(\.ledger)
            }
            // The log says where the pump stands, and only the ledgers that nothing before it is wanted.
            for ledger in ledgers { try ledger.flush() }
        } catch {
            throw shared.notePublishFailure(error)
        }
        scheduleCollection()
    }
}

extension Int64 {
    /// The sum of two times or durations that are not negative, or the largest value when it does not fit.
    func adding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max / 2 : Swift.min(sum, .max / 2)
    }

    /// The product, or the largest value when it does not fit.
    func multiplied(by factor: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max / 2 : Swift.min(product, .max / 2)
    }
}

extension Ledger {
    /// Notes that the messages of a batch wait for their time.
    fileprivate func deferred(_ batch: DeferredBatch) {
        let redelivery = ChannelState.Redelivery(
            attempts: 0,
            dueMilliseconds: batch.untilMilliseconds,
            delayMilliseconds: batch.delayMilliseconds
        )
        for sequence in batch.sequences { deferred(sequence, redelivery) }
    }
}
