import ArgumentParser
import DiskQueue

/// `nsq-inspect metadata diff`.
struct DiffMetadataCommand: ParsableCommand {
    /// The forms of a difference.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        /// A line for each change.
        case table
        /// One JSON object.
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Says what a document would change in a store, also in one in use.",
        discussion: "Exit status: 0 nothing, 1 something."
    )

    @OptionGroup var document: DocumentFile
    @OptionGroup var store: StoreOptions

    @Flag(help: "Compare with what `apply` and `import --replace` would make.")
    var replace = false

    @Option(name: .shortAndLong, help: "table (for people) or json.")
    var output = Output.table

    func run() throws {
        let wanted = try document.read()
        let current = try MetadataEditor.current(store.dataPath)
        for note in current.notes { StandardError.say("nsq-inspect: \(PrintableText.of(note))") }
        let difference = MetadataDifference(
            from: current.document,
            to: wanted,
            mode: replace ? .replace : .merge
        )
        switch output {
        case .table: for line in difference.lines { StandardOutput.write(line + "\n") }
        case .json: StandardOutput.write(difference.json(isApplied: false) + "\n")
        }
        StandardOutput.flush()
        if !difference.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
    }
}
