import ArgumentParser
import DiskQueue

/// `nsq-inspect metadata apply`.
struct ApplyMetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Makes a stopped store exactly what a document says.",
        discussion: """
            What the document lacks is deleted. Where messages wait in it, nothing is changed unless --yes is \
            given.
            """
    )

    @OptionGroup var document: DocumentFile
    @OptionGroup var store: StoreOptions
    @OptionGroup var change: MetadataChangeOptions

    func run() throws {
        try change.apply(
            try document.read(),
            to: store.dataPath,
            mode: .replace,
            reason: "document applied"
        )
    }
}
