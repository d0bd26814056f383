package import NSQCore

/// Whose messages a queue of the original holds: a topic's own, or those of one of its channels.
///
/// Source: `nsqd` spec 9.3.
package struct GoQueueName: Hashable, Sendable, CustomStringConvertible {
    /// The topic.
    package let topic: TopicName
    /// The channel; `nil` for the topic's own queue.
    package let channel: ChannelName?

    /// Composes a name.
    package init(topic: TopicName, channel: ChannelName? = nil) {
        self.topic = topic
        self.channel = channel
    }

    /// Reads what its files begin with; `nil` when that names no queue.
    init?(stem: some StringProtocol) {
        let parts = stem.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let topic = TopicName(String(first))
        else { return nil }
        self.topic = topic
        guard parts.count == 2 else {
            channel = nil
            return
        }
        guard let channel = ChannelName(String(parts[1])) else { return nil }
        self.channel = channel
    }

    /// What the names of its files begin with.
    package var description: String { channel.map { "\(topic):\($0)" } ?? "\(topic)" }

    /// The topic's name.
    package var topicText: String { topic.text }

    /// The channel's name; `nil` for the topic's own queue.
    package var channelText: String? { channel?.text }

    /// Whether it is of a topic or channel that is never on disk.
    var isEphemeral: Bool { topic.isEphemeral || channel?.isEphemeral ?? false }
}

/// The name of a file that belongs to a queue of the original.
///
/// Read from its end: a topic's name may hold every part that comes behind it. Source: `nsqd` spec 9.3.
struct GoFileName {
    /// What the file is.
    enum Kind: Equatable {
        /// Messages.
        case data(UInt64)
        /// Where the queue is read and written.
        case meta
        /// What a crash left of writing the meta file.
        case temporary
        /// Messages that the original, or an import, found damaged.
        case bad(UInt64)
    }

    /// What stands before the queue's part: the name of the queue, when it is one.
    let stem: Substring
    /// What the file is.
    let kind: Kind

    private static let infix = ".diskqueue."
    private static let dataSuffix = ".dat"
    private static let badSuffix = ".bad"
    private static let temporarySuffix = ".tmp"
    private static let metaSuffix = infix + "meta.dat"

    /// Reads a file's name; `nil` when it is that of another file.
    init?(_ name: String) {
        if name.hasSuffix(Self.metaSuffix) {
            self.init(name.dropLast(Self.metaSuffix.count), .meta)
        } else if name.hasSuffix(Self.dataSuffix) {
            guard let (stem, number) = Self.numbered(name[...]) else { return nil }
            self.init(stem, .data(number))
        } else if name.hasSuffix(Self.dataSuffix + Self.badSuffix) {
            guard let (stem, number) = Self.numbered(name.dropLast(Self.badSuffix.count)) else {
                return nil
            }
            self.init(stem, .bad(number))
        } else if name.hasSuffix(Self.temporarySuffix) {
            let rest = name.dropLast(Self.temporarySuffix.count)
            guard let dot = rest.lastIndex(of: "."), Self.isNumber(rest[rest.index(after: dot)...]),
                rest[..<dot].hasSuffix(Self.metaSuffix)
            else { return nil }
            self.init(rest[..<dot].dropLast(Self.metaSuffix.count), .temporary)
        } else {
            return nil
        }
    }

    private init(_ stem: Substring, _ kind: Kind) {
        self.stem = stem
        self.kind = kind
    }

    /// The name of a data file.
    static func data(_ stem: String, _ number: UInt64) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
        return stem + infix + zeros + digits + dataSuffix
    }

    /// The name under which a damaged data file is set aside.
    static func bad(_ dataFile: String) -> String { dataFile + badSuffix }

    /// The name of a meta file.
    static func meta(_ stem: String) -> String { stem + metaSuffix }

    /// Takes the end of a data file's name apart.
    private static func numbered(_ name: Substring) -> (stem: Substring, number: UInt64)? {
        let rest = name.dropLast(dataSuffix.count)
        guard let dot = rest.lastIndex(of: ".") else { return nil }
        let digits = rest[rest.index(after: dot)...]
        let stem = rest[...dot]
        guard digits.utf8.count >= 6, isNumber(digits), let number = UInt64(digits),
            data("", number).dropFirst(infix.count).dropLast(dataSuffix.count) == digits,
            stem.hasSuffix(infix)
        else { return nil }
        return (stem.dropLast(infix.count), number)
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
