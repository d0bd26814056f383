/// What is promised of one incarnation of a topic.
struct TopicPromises {
    /// The topic's channels and pause states, as they may be found.
    struct View {
        var isPaused = false
        /// Whether each channel is paused.
        var members: [Int: Bool] = [:]
        /// Whether a channel that the end of the process takes keeps the pump going.
        var hasEphemeral = false
        /// What the pump has not passed; `nil` while it follows the tail.
        var held: Set<UInt64>? = []
    }

    let name: String
    /// Whether the topic has to be there.
    var mustExist = false
    /// Its deletion was begun, or its creation failed.
    var isDeleting = false
    /// What may be found in its place is an earlier topic whose deletion or creation failed.
    var mayBeOlder = false
    /// The last one is the present, the first one is there for good.
    var views = [View()]
    /// The channels of all views.
    var channels: [Int: ChannelPromises] = [:]
    /// What is promised of messages that the pump has not passed.
    var backlog: [UInt64: MessagePromise] = [:]
    /// Published, not settled yet.
    var written: Set<UInt64> = []
    /// When deferred messages are due, milliseconds.
    var dues: [UInt64: UInt64] = [:]

    var present: View { views[views.count - 1] }

    /// A publish began.
    mutating func publish(_ keys: [UInt64], due: UInt64) {
        for key in keys {
            if due > 0 { dues[key] = due }
            for channel in channels.keys { channels[channel]?.messages[key] = MessagePromise() }
            backlog[key] = MessagePromise()
            for index in views.indices { views[index].held?.insert(key) }
        }
    }

    /// Everything that was published is there for good, and so is the present view.
    mutating func settle() {
        mustExist = true
        // One whose creation failed is not what was synced.
        if !isDeleting { mayBeOlder = false }
        for key in written {
            for channel in channels.keys { channels[channel]?.messages[key]?.isSettled = true }
            backlog[key]?.isSettled = true
        }
        written = []
        settleRoster()
    }

    /// The present view is there for good.
    mutating func settleRoster() {
        views = [present]
        let members = present.members
        channels = channels.filter { members[$0.key] != nil }
        for channel in channels.keys { channels[channel]?.dropAwaiting() }
        let held = present.held ?? []
        backlog = backlog.filter { held.contains($0.key) }
    }

    /// A change of the roster began.
    mutating func change(_ change: RosterChange) {
        var view = present
        switch change {
        case .add(let channel, let name):
            view.members[channel] = false
            var promises = ChannelPromises(name: name)
            for key in view.held ?? [] { promises.messages[key] = backlog[key] }
            channels[channel] = promises
            if !view.isPaused { view.held = nil }
        case .addEphemeral:
            view.hasEphemeral = true
            if !view.isPaused { view.held = nil }
        case .remove(let channel):
            view.members[channel] = nil
            channels[channel]?.isLeaving = true
            if view.members.isEmpty, !view.hasEphemeral, view.held == nil { view.held = [] }
        case .pause(let isPaused):
            view.isPaused = isPaused
            if isPaused {
                view.held = view.held ?? []
            } else if !view.members.isEmpty || view.hasEphemeral {
                view.held = nil
            }
        case .pauseChannel(let channel, let isPaused):
            view.members[channel] = isPaused
        case .empty:
            guard let held = view.held else { break }
            for key in held { backlog[key]?.isDone = true }
            for channel in view.members.keys { channels[channel]?.finish(held) }
            view.held = []
        }
        views.append(view)
    }

    /// The keys that a channel holds itself: what the pump has passed.
    func passed(_ channel: Int) -> [UInt64] {
        let held = present.held ?? []
        return channels[channel]?.messages.keys.filter { !held.contains($0) } ?? []
    }
}
