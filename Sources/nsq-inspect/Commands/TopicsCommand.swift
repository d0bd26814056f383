import ArgumentParser
import DiskQueue

/// The command `nsq-inspect topics`.
struct TopicsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Lists the topics: what they hold, and what waits in them."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    @Option(help: "Only this topic.")
    var topic: String?

    func run() throws {
        let inspection = try store.inspect()
        let topics = try inspection.topics(named: topic)
        var writer = ReportWriter(
            [
                "topic", "id", "paused", "channels", "segments", "messages", "depth", "bytes",
                "oldest_ms",
            ],
            report
        )
        for topic in topics {
            writer.row([
                .text(topic.name), .count(topic.id), .flag(topic.isPaused),
                .count(UInt64(topic.channels.count)), .count(UInt64(topic.segmentCount)),
                .count(topic.messageCount), .count(topic.depth), .bytes(topic.byteCount),
                try topic.age(of: topic.firstUnfinished),
            ])
        }
        writer.end()
    }
}
