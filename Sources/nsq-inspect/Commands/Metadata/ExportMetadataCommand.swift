import ArgumentParser
import DiskQueue
import FoundationEssentials

/// `nsq-inspect metadata export`.
struct ExportMetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes the topics and channels of a store, also of one in use, as a document."
    )

    @OptionGroup var store: StoreOptions

    @Option(help: "json, toml or nsqd.dat.")
    var format = MetadataForm.json

    @Option(help: "Where to write it, instead of standard output.", completion: .file())
    var file: String?

    func run() throws {
        let document = MetadataDocument(try store.inspect())
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let text = document.text(format, exportedMilliseconds: now)
        guard let file else {
            StandardOutput.write(text)
            return StandardOutput.flush()
        }
        do {
            try Data(text.utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw InspectorError("cannot write \(PrintableText.of(file)): \(error)")
        }
    }
}

extension MetadataForm: ExpressibleByArgument {}
