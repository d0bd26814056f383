internal import NSQCore

/// A topic of the original, with what is to be read of it.
struct GoTopic {
    /// A channel, with what is to be read of it.
    struct Channel {
        let name: ChannelName
        let isPaused: Bool
        let parts: GoQueueParts
    }

    let name: TopicName
    let isPaused: Bool
    fileprivate(set) var channels: [Channel]
    /// Messages that no channel has received.
    let parts: GoQueueParts
}

/// A data path of the original, read and not changed.
///
/// Queues that lie there and that `nsqd.dat` does not name are taken too, so that nothing is lost; the original
/// would come upon them when a topic or channel of that name is made again. Source: `nsqd` spec 9.6.
package struct GoDataPath {
    /// The directory.
    package let directory: String
    let fileSystem: any FileSystem
    let options: GoImportOptions
    /// What is to be imported.
    private(set) var topics: [GoTopic] = []
    /// One line for each thing that was not as expected.
    private(set) var notes: [String]

    /// Looks at `directory`.
    ///
    /// - Returns: `nil` when there is nothing of the original.
    /// - Throws: `.corrupt` when `nsqd.dat` is no such document, `.io` when a file cannot be opened.
    package init?(
        _ directory: String,
        options: GoImportOptions = GoImportOptions(),
        in fileSystem: any FileSystem = PosixFileSystem()
    ) throws(DiskQueueError) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.options = options
        let file = NSQDDatFile(dataPath: directory, fileSystem: fileSystem)
        let found: NSQDDatParser.Outcome?
        do throws(DiskQueueError) {
            found = try file.read()
        } catch {
            throw DiskQueueError(error.code, "failed to load metadata - \(error.message)")
        }
        let listing = try GoDataPathListing(directory, in: fileSystem)
        notes = (found?.warnings ?? []) + listing.notes
        var queues = listing.queues
        for entry in found?.document.topics ?? [] {
            guard !entry.name.isEphemeral else {
                notes.append("topic \(entry.name) is ephemeral and was not stored: left out")
                continue
            }
            try add(entry, taking: &queues)
        }
        for topic in Set(queues.keys.map(\.topic)).sorted() {
            try add(
                NSQDDat.Topic(name: topic, isPaused: false, channels: []),
                taking: &queues,
                isKnown: false
            )
        }
        if topics.isEmpty, listing.isEmpty { return nil }
    }

    /// Adds a topic with its channels, and with those that only their files tell of.
    private mutating func add(
        _ entry: NSQDDat.Topic,
        taking queues: inout [GoQueueName: GoQueueFiles],
        isKnown: Bool = true
    ) throws(DiskQueueError) {
        var channels: [GoTopic.Channel] = []
        for channel in entry.channels {
            guard !channel.name.isEphemeral else {
                notes.append("channel \(channel.name) is ephemeral and was not stored: left out")
                continue
            }
            let name = GoQueueName(topic: entry.name, channel: channel.name)
            let parts = try parts(of: name, taking: &queues)
            channels.append(
                GoTopic.Channel(name: channel.name, isPaused: channel.isPaused, parts: parts)
            )
        }
        let others = queues.keys.filter { $0.topic == entry.name }.compactMap(\.channel).sorted()
        for channel in others {
            let name = GoQueueName(topic: entry.name, channel: channel)
            let parts = try parts(of: name, taking: &queues)
            guard judge(parts, name) else { continue }
            channels.append(GoTopic.Channel(name: channel, isPaused: false, parts: parts))
        }
        let own = GoQueueName(topic: entry.name)
        let hasOwn = queues[own] != nil
        let parts = try parts(of: own, taking: &queues)
        if !isKnown {
            let isWanted = hasOwn && judge(parts, own)
            guard isWanted || !channels.isEmpty else { return }
        }
        topics.append(
            GoTopic(
                name: entry.name,
                isPaused: entry.isPaused,
                channels: channels,
                parts: parts
            )
        )
    }

    /// Whether a queue that `nsqd.dat` does not name is made: it holds something.
    private mutating func judge(_ parts: GoQueueParts, _ name: GoQueueName) -> Bool {
        let isWanted = !parts.parts.isEmpty
        notes.append(
            isWanted
                ? "\(NSQDDat.fileName) does not name \(name), whose files are there: made all the same"
                : "\(NSQDDat.fileName) does not name \(name), and its files hold nothing: left out"
        )
        return isWanted
    }

    private mutating func parts(
        of name: GoQueueName,
        taking queues: inout [GoQueueName: GoQueueFiles]
    ) throws(DiskQueueError) -> GoQueueParts {
        guard let files = queues.removeValue(forKey: name) else { return GoQueueParts() }
        let parts = try GoQueueParts(
            files,
            in: directory,
            fileSystem,
            salvagesBad: options.salvagesBad
        )
        notes += parts.notes
        return parts
    }
}
