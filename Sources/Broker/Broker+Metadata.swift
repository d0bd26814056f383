package import DiskQueue
import NSQCore

extension Broker {
    /// What the broker has, as a document; ephemeral topics and channels are no part of it.
    ///
    /// Walks all topics; off the event loops.
    package var metadataDocument: MetadataDocument {
        MetadataDocument(
            topics: all.filter { !$0.name.isEphemeral }.compactMap { topic in
                guard let counted = topic.statistics(channel: nil) else { return nil }
                return MetadataDocument.Topic(
                    name: topic.name,
                    isPaused: counted.isPaused,
                    createdMilliseconds: topic.createdMilliseconds,
                    depth: UInt64(max(0, counted.depth)),
                    channels: counted.channels.compactMap { channel in
                        guard let name = ChannelName(channel.name), !name.isEphemeral else {
                            return nil
                        }
                        return MetadataDocument.Channel(
                            name: name,
                            isPaused: channel.isPaused,
                            depth: UInt64(max(0, channel.depth + channel.inFlightCount)),
                            deferredCount: UInt64(max(0, channel.deferredCount))
                        )
                    }
                )
            }
        )
    }

    /// Makes the changes of a difference; what somebody else did meanwhile is taken as done.
    ///
    /// Blocking; off the event loops. Persisted on return.
    ///
    /// - Throws: `.exiting`, `.storage`; what was changed before stays changed.
    package func apply(_ difference: MetadataDifference) throws(BrokerError) {
        guard let background = shared.background else { return try change(difference.changes) }
        var failure: BrokerError?
        background.performAndWait {
            do throws(BrokerError) {
                try change(difference.changes)
            } catch {
                failure = error
            }
        }
        background.writeMetadataNow()
        if let failure { throw failure }
    }

    private func change(_ changes: [MetadataDifference.Change]) throws(BrokerError) {
        var rest = changes[...]
        while let topic = rest.first?.topic {
            let own = rest.prefix { $0.topic == topic }
            rest = rest.dropFirst(own.count)
            try change(topic, own)
        }
    }

    private func change(
        _ name: TopicName,
        _ changes: ArraySlice<MetadataDifference.Change>
    ) throws(BrokerError) {
        if case .deleteTopic? = changes.first {
            do throws(BrokerError) {
                try deleteTopic(name)
            } catch {
                guard error == .topicNotFound else { throw error }
            }
            return
        }
        var created: Int64?
        var isPaused: Bool?
        for change in changes {
            switch change {
            case .createTopic(_, let flag, let milliseconds):
                created = milliseconds
                isPaused = flag ? true : nil
            case .pauseTopic(_, let flag): isPaused = flag
            case .deleteTopic, .createChannel, .pauseChannel, .deleteChannel: break
            }
        }
        let topic = try topic(name, createdMilliseconds: created)
        // A pause begins before and ends after there are new channels: these get what has piled up.
        if isPaused == true { try topic.setPaused(true) }
        try change(channelsOf: topic, changes)
        if isPaused == false { try topic.setPaused(false) }
    }

    private func change(
        channelsOf topic: Topic,
        _ changes: ArraySlice<MetadataDifference.Change>
    ) throws(BrokerError) {
        var names: [ChannelName] = []
        var pauses: [(name: ChannelName, isPaused: Bool)] = []
        var deletions: [ChannelName] = []
        for change in changes {
            switch change {
            case .createChannel(_, let name, let isPaused):
                names.append(name)
                if isPaused { pauses.append((name, true)) }
            case .pauseChannel(_, let name, let isPaused): pauses.append((name, isPaused))
            case .deleteChannel(_, let name, _): deletions.append(name)
            case .createTopic, .pauseTopic, .deleteTopic: break
            }
        }
        if !names.isEmpty { try topic.makeChannels(names) }
        for (name, isPaused) in pauses {
            guard let channel = topic.existingChannel(name) else { continue }
            try topic.setPaused(isPaused, channel)
        }
        for name in deletions {
            do throws(BrokerError) {
                try topic.deleteChannel(name)
            } catch {
                guard error == .channelNotFound else { throw error }
            }
        }
    }
}
