import ArgumentParser
import DiskQueue

/// `nsq-inspect metadata history`.
struct HistoryMetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract:
            "Lists the snapshots that a store keeps of its topics and channels, shows or restores one."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions
    @OptionGroup var change: MetadataChangeOptions

    @Option(help: "How many to list at most, the latest first.")
    var limit = 20

    @Option(help: "Write the snapshot of this number as a document.")
    var show: Int64?

    @Option(help: "json, toml or nsqd.dat, with --show.")
    var format = MetadataForm.json

    @Option(
        help: "Make the topics and channels of the snapshot of this number in the stopped store."
    )
    var restore: Int64?

    @Flag(help: "With --restore: delete what the snapshot lacks.")
    var replace = false

    func validate() throws {
        if show != nil, restore != nil {
            throw ValidationError("--show and --restore exclude each other.")
        }
        if restore == nil, replace || change.dryRun || change.yes {
            throw ValidationError("--replace, --dry-run and --yes need --restore.")
        }
        if limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    }

    func run() throws {
        let history = try MetadataHistory(dataPath: store.dataPath)
        for note in history.notes { StandardError.say("nsq-inspect: \(PrintableText.of(note))") }
        if let show {
            let entry = try history.entry(show)
            StandardOutput.write(
                entry.document.text(format, exportedMilliseconds: entry.takenMilliseconds)
            )
            StandardOutput.flush()
        } else if let restore {
            try change.apply(
                try history.entry(restore).document,
                to: store.dataPath,
                mode: replace ? .replace : .merge,
                reason: "snapshot \(restore) restored"
            )
        } else {
            try list(history)
        }
    }

    private func list(_ history: MetadataHistory) throws {
        var writer = ReportWriter(["number", "taken_ms", "reason", "topics", "channels"], report)
        for entry in try history.entries(limit: limit) {
            writer.row([
                .count(UInt64(clamping: entry.number)), .time(entry.takenMilliseconds),
                .text(entry.reason), .count(UInt64(entry.document.topics.count)),
                .count(UInt64(entry.channelCount)),
            ])
        }
        writer.end()
    }
}
