/// How a topic's channels and pump change; the broker and the offline editor both go by it.
///
/// Source: design §4, `nsqd` spec 3.1 and 3.7.
extension Roster {
    /// The first sequence that a channel made now receives: where the pump stands.
    ///
    /// The first channel gets the whole backlog, later ones what comes after them, one made while the topic is
    /// paused what has piled up.
    ///
    /// `end`: sequence after the topic's last message.
    package func pump(end: UInt64) -> UInt64 { heldPump ?? end }

    /// Adds a durable channel that begins where the pump stands.
    package mutating func addChannel(_ name: String, end: UInt64) -> Member {
        let member = Member(
            id: nextChannelID,
            name: name,
            isPaused: false,
            startSequence: pump(end: end)
        )
        nextChannelID &+= 1
        members.append(member)
        return member
    }

    /// Removes a channel; its number is never used again.
    package mutating func removeChannel(id: UInt64) { members.removeAll { $0.id == id } }

    /// Pauses a channel or lets it deliver; `false` when the roster does not have it.
    package mutating func setPaused(_ isPaused: Bool, channelID: UInt64) -> Bool {
        guard let at = members.firstIndex(where: { $0.id == channelID }) else { return false }
        members[at].isPaused = isPaused
        return true
    }

    /// Pauses the topic: what is published from now on piles up.
    package mutating func pause(end: UInt64) {
        isPaused = true
        holdPump(at: end)
    }

    /// Ends the pause; the pump stands until it is let go.
    package mutating func unpause() { isPaused = false }

    /// Stops the pump at `end`, unless it stands already.
    package mutating func holdPump(at end: UInt64) { heldPump = pump(end: end) }

    /// Lets the pump follow the tail, unless the topic is paused.
    package mutating func letPumpGo() { if !isPaused { heldPump = nil } }
}
