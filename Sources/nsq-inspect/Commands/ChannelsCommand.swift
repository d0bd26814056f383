import ArgumentParser
import DiskQueue

/// The command `nsq-inspect channels`.
struct ChannelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channels",
        abstract: "Lists the channels: what waits in each.",
        discussion: """
            depth counts what waits to be delivered. Among it, in_flight counts what a consumer had for the \
            first time when the process ended, and redelivered what came back before.
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    @Option(help: "Only the channels of this topic.")
    var topic: String?

    @Option(help: "Only channels of this name.")
    var channel: String?

    func run() throws {
        let inspection = try store.inspect()
        var writer = ReportWriter(
            [
                "topic", "channel", "id", "paused", "depth", "in_flight", "redelivered", "deferred",
                "next_due_ms", "ack_floor", "oldest_ms",
            ],
            report
        )
        for topic in try inspection.topics(named: topic) {
            for channel in topic.channels where self.channel.map({ $0 == channel.name }) ?? true {
                writer.row([
                    .text(topic.name), .text(channel.name), .count(channel.id),
                    .flag(channel.isPaused), .count(channel.depth),
                    .count(channel.inFlightCount), .count(channel.redeliveredCount),
                    .count(channel.deferredCount),
                    channel.nextDueMilliseconds.map { .time(Int64(clamping: $0)) } ?? .none,
                    .count(channel.ackFloor), try topic.age(of: channel.firstUnfinished),
                ])
            }
        }
        writer.end()
    }
}
