internal import NSQCore

extension MetadataDifference {
    /// A line for each change, for people: `+` is made, `~` changes, `-` is deleted.
    package var lines: [String] { changes.map(\.line) }

    /// One JSON object.
    ///
    /// `isApplied`: whether the changes were made.
    package func json(isApplied: Bool) -> String {
        let list = changes.map(\.json).joined(separator: ",\n")
        return """
            {"mode":"\(mode.rawValue)","applied":\(isApplied),"lost_messages":\(lostMessages),\
            "changes":[\(list.isEmpty ? "" : "\n\(list)\n")]}
            """
    }

    /// Why the changes are not made without a word more; `nil` when they lose nothing.
    package var loss: String? {
        guard lostMessages > 0 else { return nil }
        return lostMessages == 1
            ? "1 message waiting would be lost" : "\(lostMessages) messages waiting would be lost"
    }
}

extension MetadataDifference.Change {
    fileprivate var line: String {
        switch self {
        case .createTopic(let topic, let isPaused, _):
            "+ topic \(topic)\(isPaused ? " paused" : "")"
        case .pauseTopic(let topic, let isPaused): "~ topic \(topic) \(Self.word(isPaused))"
        case .deleteTopic(let topic, let waiting): "- topic \(topic)\(Self.loss(waiting))"
        case .createChannel(let topic, let channel, let isPaused):
            "+ channel \(topic)/\(channel)\(isPaused ? " paused" : "")"
        case .pauseChannel(let topic, let channel, let isPaused):
            "~ channel \(topic)/\(channel) \(Self.word(isPaused))"
        case .deleteChannel(let topic, let channel, let waiting):
            "- channel \(topic)/\(channel)\(Self.loss(waiting))"
        }
    }

    private static func word(_ isPaused: Bool) -> String { isPaused ? "paused" : "unpaused" }

    private static func loss(_ waiting: UInt64) -> String {
        switch waiting {
        case 0: ""
        case 1: "  (1 message waiting would be lost)"
        default: "  (\(waiting) messages waiting would be lost)"
        }
    }

    /// Names need no escapes.
    fileprivate var json: String {
        switch self {
        case .createTopic(let topic, let isPaused, _):
            #"{"change":"create","topic":"\#(topic)","channel":null,"paused":\#(isPaused)}"#
        case .pauseTopic(let topic, let isPaused):
            #"{"change":"\#(isPaused ? "pause" : "unpause")","topic":"\#(topic)","channel":null}"#
        case .deleteTopic(let topic, let waiting):
            #"{"change":"delete","topic":"\#(topic)","channel":null,"waiting":\#(waiting)}"#
        case .createChannel(let topic, let channel, let isPaused):
            #"{"change":"create","topic":"\#(topic)","channel":"\#(channel)","paused":\#(isPaused)}"#
        case .pauseChannel(let topic, let channel, let isPaused):
            #"{"change":"\#(isPaused ? "pause" : "unpause")","topic":"\#(topic)","#
                + #""channel":"\#(channel)"}"#
        case .deleteChannel(let topic, let channel, let waiting):
            #"{"change":"delete","topic":"\#(topic)","channel":"\#(channel)","waiting":\#(waiting)}"#
        }
    }
}
