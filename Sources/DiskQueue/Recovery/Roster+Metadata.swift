extension Roster {
    /// This roster of a topic of which no segment tells one, with the pump where the segments that are left allow
    /// it: nothing of them is passed over.
    ///
    /// `first`: the first sequence of those segments; `nil` without any.
    func adapted(toFirst first: UInt64?) -> Roster {
        var roster = self
        if let first { roster.heldPump = first }
        if !roster.isPaused, !roster.members.isEmpty { roster.heldPump = nil }
        return roster
    }

    /// Adds the channels that a later, damaged roster must have named, and takes the metadata's word on what is
    /// paused.
    ///
    /// A channel whose number this roster gave out and does not name was deleted, and stays so.
    ///
    /// `end`: sequence after the last message, where the pump of a topic stands that was paused meanwhile.
    ///
    /// - Returns: the names of the channels added.
    mutating func complete(
        from row: TopicRecord?,
        _ channels: [ChannelRecord],
        end: UInt64?
    ) -> [String] {
        let known = Dictionary(grouping: channels, by: \.id).compactMapValues(\.first)
        for index in members.indices {
            if let channel = known[members[index].id] {
                members[index].isPaused = channel.isPaused
            }
        }
        let added = addLater(channels)
        isPaused = row?.isPaused ?? isPaused
        if !isPaused, !members.isEmpty { heldPump = nil }
        if isPaused, heldPump == nil { heldPump = end }
        return added
    }

    /// Adds the channels that were made behind this roster: it had not given out their numbers yet.
    ///
    /// Of two channels of one name the later one lives: the earlier was deleted in between.
    ///
    /// - Returns: the names of the channels added.
    mutating func addLater(_ channels: [ChannelRecord]) -> [String] {
        let added = channels.filter { $0.id >= nextChannelID }.sorted { $0.id < $1.id }
        for channel in added {
            members.removeAll { $0.name == channel.name }
            members.append(Member(channel))
            nextChannelID = channel.id + 1
        }
        return added.map(\.name)
    }
}

extension Roster.Member {
    /// The member of a channel's row.
    init(_ channel: ChannelRecord) {
        self.init(
            id: channel.id,
            name: channel.name,
            isPaused: channel.isPaused,
            startSequence: channel.startSequence
        )
    }
}
