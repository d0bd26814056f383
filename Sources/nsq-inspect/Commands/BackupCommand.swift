import ArgumentParser
import DiskQueue

/// `nsq-inspect backup`: copies a store.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies a store, in use or not, into a directory from which it can be restored.",
        discussion: """
            The copy is one that a crash could have left: whatever nsqd had acknowledged when the backup began is in \
            it. A running nsqd is not disturbed. The backup is whole once manifest.json is there, which is written last.
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    @Option(help: "Directory for the backup: a new one, or one that is empty.")
    var to: String

    func run() throws {
        var bar = ProgressBar("copying")
        defer { bar.end() }
        let outcome = try StoreBackup.make(of: store.dataPath, to: to) { done, total in
            bar.show(done: done, total: total)
        }
        StandardError.note(outcome.notes)
        BackupReport.write(outcome.manifest, of: to, report)
    }
}

/// What was backed up, verified or restored.
enum BackupReport {
    /// Writes one row about `manifest`, whose files lie in `directory`.
    static func write(
        _ manifest: BackupManifest,
        of directory: String,
        _ options: OutputOptions
    ) {
        var writer = ReportWriter(
            ["directory", "taken_ms", "source", "host", "topics", "files", "bytes"],
            options
        )
        writer.row([
            .text(directory), .time(manifest.takenMilliseconds), .text(manifest.source.dataPath),
            .text(manifest.source.host), .count(UInt64(manifest.topicCount)),
            .count(UInt64(manifest.files.count)), .bytes(manifest.byteCount),
        ])
        writer.end()
    }
}
