import ArgumentParser
import DiskQueue

/// The command `nsq-inspect segments`.
struct SegmentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segments",
        abstract: "Lists the segment files, and which message or channel keeps each alive."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    @Option(help: "Only the segments of this topic.")
    var topic: String?

    func run() throws {
        let inspection = try store.inspect()
        var writer = ReportWriter(
            ["topic", "segment", "end", "messages", "bytes", "sealed", "kept_by", "path"],
            report
        )
        for topic in try inspection.topics(named: topic) {
            for segment in topic.segmentInspections {
                writer.row([
                    .text(topic.name), .count(segment.firstSequence), .count(segment.endSequence),
                    .count(segment.messageCount), .bytes(segment.byteCount),
                    .flag(segment.isSealed), .list(keepers(of: segment)), .text(segment.path),
                ])
            }
        }
        writer.end()
    }

    private func keepers(of segment: SegmentInspection) -> [String] {
        let keepers = segment.keepers.map { keeper in
            let holder = keeper.channel.map { "channel \($0)" } ?? "the topic"
            return "\(holder): \(keeper.messageCount) from \(keeper.firstSequence)"
        }
        // The last one stays because the next message goes there.
        return segment.isSealed ? keepers : keepers + ["being written"]
    }
}
