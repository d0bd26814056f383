import ArgumentParser

/// `nsq-inspect metadata`.
struct MetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract: "Shows, compares and changes which topics and channels there are.",
        discussion: """
            Documents are JSON, TOML, or the nsqd.dat of an nsqd; a running nsqd gives and takes the same ones at \
            /metadata. docs/formats/metadata-document.md describes them.
            """,
        subcommands: [
            ExportMetadataCommand.self, ImportMetadataCommand.self, DiffMetadataCommand.self,
            ApplyMetadataCommand.self, HistoryMetadataCommand.self,
        ]
    )
}
