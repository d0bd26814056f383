import ArgumentParser
import DiskQueue

/// `nsq-inspect export-nsqd`.
struct ExportNSQDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-nsqd",
        abstract: "Writes what waits in a store as a data path of a Go nsqd.",
        discussion: """
            The store is not changed. Deferred messages lose their delay, which the format cannot hold. Stop nsqd \
            first: of a running one this is a picture, and what is delivered meanwhile would come twice.
            """
    )

    @Argument(help: "Directory to write to, new or empty.")
    var directory: String

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    @Option(help: "A data file ends before a record that would make it longer than this, bytes.")
    var maxBytesPerFile = GoExport.ordinaryFileBytes

    func validate() throws {
        guard maxBytesPerFile > 0 else {
            throw ValidationError("--max-bytes-per-file must be at least 1")
        }
    }

    func run() throws {
        let inspection = try store.inspect()
        if let holder = inspection.holder {
            StandardError.say(
                "nsq-inspect: process \(holder) runs on the store: what is written is a picture of it"
            )
        }
        var export = try GoExport(to: directory, maximumFileBytes: maxBytesPerFile)
        let done = try export.run(inspection)
        for note in done.notes { StandardError.say("nsq-inspect: \(PrintableText.of(note))") }
        var writer = ReportWriter(
            ["topic", "channel", "messages", "delays_dropped", "body_bytes"],
            report
        )
        for queue in done.queues {
            writer.row([
                .text(queue.name.topicText), queue.name.channelText.map(Cell.text) ?? .none,
                .count(queue.messageCount), .count(queue.deferredCount), .bytes(queue.bodyBytes),
            ])
        }
        writer.end()
        if !done.notes.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
    }
}
