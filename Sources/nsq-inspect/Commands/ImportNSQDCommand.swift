import ArgumentParser
import DiskQueue

/// `nsq-inspect import-nsqd`.
struct ImportNSQDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-nsqd",
        abstract: "Makes a store of the data path of a Go nsqd, without changing that.",
        discussion: """
            The directory must not be in use. nsqd takes over a data path by itself when it is started there; this \
            command is for looking first, for another disk, and for files that were set aside as damaged.

            A message that waits in several channels is imported for each of them, and counts for each. What is no \
            message is passed over and told of, and the status is 1.
            """
    )

    @Argument(help: "The data path of the Go nsqd: what holds nsqd.dat.")
    var directory: String

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    @Flag(
        help: """
            Read .bad files too. What stands before the damage in such a file was delivered once: expect messages \
            twice.
            """
    )
    var salvageBad = false

    @Option(help: "Longest message in bytes; what claims to be longer is taken for damage.")
    var maxMsgSize = GoImportOptions().maximumMessageBytes

    @Option(help: "Node id, 0 to 1023, in the ids of messages that are numbered anew.")
    var nodeID = 0

    func validate() throws {
        let largest = GoImportOptions.largestMessageBytes
        guard (1...largest).contains(maxMsgSize) else {
            throw ValidationError("--max-msg-size must be between 1 and \(largest)")
        }
        guard (0...1023).contains(nodeID) else {
            throw ValidationError("--node-id must be between 0 and 1023")
        }
    }

    func run() throws {
        var options = GoImportOptions()
        options.maximumMessageBytes = maxMsgSize
        options.salvagesBad = salvageBad
        let done = try GoOfflineImport.run(
            from: directory,
            to: store.dataPath,
            nodeID: nodeID,
            options: options
        )
        for note in done.notes { StandardError.say("nsq-inspect: \(PrintableText.of(note))") }
        var writer = ReportWriter(["topic", "channel", "messages", "passed_over_bytes"], report)
        for queue in done.queues {
            writer.row([
                .text(queue.name.topicText), queue.name.channelText.map(Cell.text) ?? .none,
                .count(queue.messageCount), .bytes(queue.passedOverBytes),
            ])
        }
        writer.end()
        StandardError.say(
            """
            nsq-inspect: imported \(done.topicCount) topics, \(done.channelCount) channels and \
            \(done.messageCount) messages; passed over \(done.passedOverBytes) bytes
            """
        )
        if done.passedOverBytes > 0 { throw ExitCode(ExitStatus.failure.rawValue) }
    }
}
