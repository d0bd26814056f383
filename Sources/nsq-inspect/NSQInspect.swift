import ArgumentParser
import DiskQueue
import Glibc

/// The offline inspector: looks into a store, checks it, moves it and mends it.
@main
struct NSQInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nsq-inspect",
        abstract: "Looks into the store of an nsqd, checks it, moves it and mends it.",
        discussion: """
            Nothing is changed unless the command says so, and a running nsqd is not disturbed.

            Exit status: 0 done, 1 damage found or the command failed, 64 bad arguments, 65 the store was \
            written by a newer version, 75 another process holds the data path.
            """,
        version: InspectorVersion.line,
        subcommands: [
            TopicsCommand.self, ChannelsCommand.self, SegmentsCommand.self, StatsCommand.self,
            MessagesCommand.self, VerifyCommand.self, RepairCommand.self, CompactCommand.self,
            BackupCommand.self, RestoreCommand.self, ImportNSQDCommand.self, ExportNSQDCommand.self,
            MetadataCommand.self,
        ]
    )

    /// A topic's segments are open at once while it is read.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    static func main() {
        // A reader that has seen enough, such as head, ends the program without a word.
        signal(SIGPIPE, SIG_DFL)
        raiseDescriptorLimit()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as DiskQueueError {
            StandardOutput.flush()
            StandardError.say("nsq-inspect: \(PrintableText.of(error.message))")
            Glibc.exit(ExitStatus(error).rawValue)
        } catch let error as InspectorError {
            StandardOutput.flush()
            StandardError.say("nsq-inspect: \(error)")
            Glibc.exit(ExitStatus.failure.rawValue)
        } catch {
            StandardOutput.flush()
            exit(withError: error)
        }
    }
}
