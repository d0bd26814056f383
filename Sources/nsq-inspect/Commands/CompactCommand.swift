import ArgumentParser
import DiskQueue

/// The command `nsq-inspect compact`.
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Gives back the disk that finished messages take in a store that nobody runs on.",
        discussion: """
            A running nsqd removes whole segments that every channel has finished. This also writes segments anew \
            of which less than half is still wanted, and removes files that wait to be used again.
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    @Flag(help: "Only say what would be given back.")
    var dryRun = false

    func run() throws {
        let done = try StoreCompaction.run(dataPath: store.dataPath, isDryRun: dryRun)
        var writer = ReportWriter(
            [
                "bytes_before", "bytes_after", "recycled_bytes", "removed_segments",
                "rewritten_segments",
            ],
            report
        )
        writer.row([
            .bytes(done.bytesBefore), .bytes(done.bytesAfter), .bytes(done.recycledBytes),
            .count(UInt64(done.removedSegments)), .count(UInt64(done.rewrittenSegments)),
        ])
        writer.end()
    }
}
