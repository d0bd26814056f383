import ArgumentParser
import DiskQueue

/// The command `nsq-inspect stats`.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Says what the whole store holds, in one row."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    func run() throws {
        let inspection = try store.inspect()
        let topics = inspection.topics
        let channels = topics.flatMap(\.channels)
        var writer = ReportWriter(
            [
                "topics", "channels", "segments", "messages", "bytes", "topic_depth",
                "channel_depth", "in_flight", "redelivered", "deferred", "next_due_ms",
                "clean_stop",
                "held_by_pid",
            ],
            report
        )
        writer.row([
            .count(UInt64(topics.count)), .count(UInt64(channels.count)),
            .count(topics.reduce(0) { $0 + UInt64($1.segmentCount) }),
            .count(topics.reduce(0) { $0 + $1.messageCount }),
            .bytes(topics.reduce(0) { $0 + $1.byteCount }),
            .count(topics.reduce(0) { $0 + $1.depth }),
            .count(channels.reduce(0) { $0 + $1.depth }),
            .count(channels.reduce(0) { $0 + $1.inFlightCount }),
            .count(channels.reduce(0) { $0 + $1.redeliveredCount }),
            .count(channels.reduce(0) { $0 + $1.deferredCount }),
            channels.compactMap(\.nextDueMilliseconds).min().map { .time(Int64(clamping: $0)) }
                ?? .none,
            .flag(inspection.wasClean),
            inspection.holder.map { .count(UInt64($0)) } ?? .none,
        ])
        writer.end()
    }
}
