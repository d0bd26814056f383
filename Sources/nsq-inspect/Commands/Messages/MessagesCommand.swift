import ArgumentParser

/// The command `nsq-inspect messages`.
struct MessagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "messages",
        abstract: "Shows stored messages with their state in each channel.",
        subcommands: [
            ListMessagesCommand.self, ExportMessagesCommand.self, ImportMessagesCommand.self,
        ],
        defaultSubcommand: ListMessagesCommand.self
    )
}
