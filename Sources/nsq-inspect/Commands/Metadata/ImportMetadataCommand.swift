import ArgumentParser
import DiskQueue

/// `nsq-inspect metadata import`.
struct ImportMetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes the topics and channels of a document in a stopped store.",
        discussion: """
            What the document lacks stays, unless --replace is given. All of it is judged before anything is \
            changed.
            """
    )

    @OptionGroup var document: DocumentFile
    @OptionGroup var store: StoreOptions
    @OptionGroup var change: MetadataChangeOptions

    @Flag(help: "Delete what the document lacks.")
    var replace = false

    func run() throws {
        try change.apply(
            try document.read(),
            to: store.dataPath,
            mode: replace ? .replace : .merge,
            reason: replace ? "document imported, replacing" : "document imported"
        )
    }
}
