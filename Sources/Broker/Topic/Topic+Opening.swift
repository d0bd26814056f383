import DiskQueue
import NSQCore
import Synchronization

extension Topic {
    /// Pause before an opening that the disk refused is tried again.
    private static let retryPause = Duration.seconds(1)

    /// Ends the wait for the channels that the topic has elsewhere: makes those of `names`, then lets the pump go.
    ///
    /// All channels that there are then begin with the topic's first message. When the disk refuses it, it is
    /// tried again. Blocking; off the event loops. Source: `nsqd` spec 6.5.
    func open(with names: [ChannelName]) {
        let known = Set(state.withLock { $0.channels.map(\.name) })
        defer {
            // Also those that were made before the disk refused.
            for name in Set(names).subtracting(known) { existingChannel(name).map(announce) }
        }
        do throws(DiskQueueError) {
            try state.withLock { (state) throws(DiskQueueError) in
                guard !isExiting else { return }
                for name in names where !state.channels.contains(where: { $0.name == name }) {
                    _ = try make(name, in: &state)
                }
                try letPumpGo(&state)
            }
        } catch {
            shared.report(.failed("cannot open topic \(name): \(error.message)"))
            guard shared.background != nil else { return }
            shared.perform(after: Self.retryPause) { [weak self] in self?.open(with: names) }
        }
    }

    /// Makes channels that all begin where the pump stands, then lets it go.
    ///
    /// Made one by one the first of them would have the whole backlog, and the others none of it.
    ///
    /// - Throws: `.exiting`, `.storage`; what was made before stays.
    func makeChannels(_ names: [ChannelName]) throws(BrokerError) {
        let known = Set(state.withLock { $0.channels.map(\.name) })
        defer { for name in Set(names).subtracting(known) { existingChannel(name).map(announce) } }
        do throws(DiskQueueError) {
            try state.withLock { (state) throws(DiskQueueError) in
                guard !isExiting else { throw DiskQueueError(.closed, "exiting") }
                let isOpening = !state.awaitsChannels
                state.awaitsChannels = true
                defer { if isOpening { state.awaitsChannels = false } }
                for name in names where !state.channels.contains(where: { $0.name == name }) {
                    _ = try make(name, in: &state)
                }
                if isOpening { try letPumpGo(&state) }
            }
        } catch {
            throw shared.notePublishFailure(error)
        }
    }

    private func letPumpGo(_ state: inout TopicState) throws(DiskQueueError) {
        if let held = state.roster.heldPump, !state.roster.isPaused, !state.channels.isEmpty {
            var roster = state.roster
            roster.letPumpGo()
            try record(roster)
            state.roster = roster
            release(from: held, &state)
        }
        state.awaitsChannels = false
    }
}
