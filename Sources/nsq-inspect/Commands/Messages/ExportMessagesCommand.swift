import ArgumentParser
import DiskQueue

/// The command `nsq-inspect messages export`.
struct ExportMessagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes stored messages as lines of JSON (docs/formats/messages.md).",
        discussion: """
            Topics by name, messages in their order: with body, id, time, and state in each channel. An export \
            that was cut short goes on with --behind TOPIC:SEQUENCE, the last line's.
            """
    )

    @OptionGroup var store: StoreOptions

    @Option(help: "Only the messages of this topic.")
    var topic: String?

    @Flag(help: "Also messages that every channel has finished.")
    var all = false

    @Option(
        help: "Go on behind this message: TOPIC:SEQUENCE of the last line of an earlier export."
    )
    var behind: String?

    func run() throws {
        let inspection = try store.inspect()
        _ = try inspection.topics(named: topic)
        let place = try behind.map(Self.place)
        let export = MessageExport(inspection, includesFinished: all)
        let total = export.messageCount(topic: topic)
        var bar = ProgressBar("exporting")
        var count: UInt64 = 0
        try export.run(topic: topic, behind: place, damaged: Self.report) { line in
            StandardOutput.write(line + [UInt8(ascii: "\n")])
            count += 1
            bar.show(done: count, total: max(count, total))
        }
        bar.end()
        StandardOutput.flush()
        StandardError.say("\(count) messages exported")
    }

    private static func place(_ text: String) throws -> MessageExport.Place {
        guard let colon = text.lastIndex(of: ":"),
            let sequence = UInt64(text[text.index(after: colon)...])
        else { throw ValidationError("--behind \(text) is no TOPIC:SEQUENCE") }
        return MessageExport.Place(topic: String(text[..<colon]), sequence: sequence)
    }

    private static func report(_ path: String, _ range: Range<Int>, _ reason: String) {
        let place = "\(PrintableText.of(path)) at \(range.lowerBound)"
        StandardError.say("nsq-inspect: \(place): \(range.count) bytes left out: \(reason)")
    }
}
