import ArgumentParser
import DiskQueue

/// `nsq-inspect restore`: makes a store of a backup.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Makes a store of a backup, on any host and path, or verifies the backup.",
        discussion: """
            The whole backup is verified before anything is written, and the copy again before it gets its name. \
            Nothing is ever overwritten.
            """
    )

    @OptionGroup var report: OutputOptions

    @Option(help: "Directory that holds the backup.")
    var from: String

    @Option(help: "Data path of the new store: a new directory, or one that is empty.")
    var dataPath: String?

    @Flag(help: "Verify the backup, and write nothing.")
    var verifyOnly = false

    func validate() throws {
        guard (dataPath == nil) == verifyOnly else {
            throw ValidationError("give --data-path, or --verify-only, and not both")
        }
    }

    func run() throws {
        var bar = ProgressBar(verifyOnly ? "verifying" : "restoring")
        defer { bar.end() }
        let restore = StoreRestore(from: from) { done, total in
            bar.show(done: done, total: total)
        }
        let manifest: BackupManifest
        if let dataPath {
            manifest = try restore.restore(to: dataPath)
        } else {
            manifest = try restore.verify()
        }
        BackupReport.write(manifest, of: dataPath ?? from, report)
    }
}
