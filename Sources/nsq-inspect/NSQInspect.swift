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
        ]
    )

    static func main() {
        // A reader that has seen enough, such as head, ends the program without a word.
        signal(SIGPIPE, SIG_DFL)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as DiskQueueError {
            StandardError.say("nsq-inspect: \(error.message)")
            Glibc.exit(ExitStatus(error).rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
