import ArgumentParser
import DiskQueue

/// The command `nsq-inspect messages import`.
struct ImportMessagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Appends exported messages to a store that nobody runs on, or to a new one.",
        discussion: """
            Topics and channels that are missing are made; each message is in them what it was. An import that was \
            cut short goes on where it was last made durable, when it is given the same lines again; messages \
            behind that, 100,000 at most, come twice. One that ended at a line that is no message goes on there.
            """
    )

    @OptionGroup var store: StoreOptions

    @Argument(help: "The file that an export wrote; - for standard input.")
    var file = "-"

    @Option(help: "Node bits (0 to 1023) in the ids of messages that are numbered anew.")
    var nodeId = 0

    func run() throws {
        let lines = try LineReader(file)
        let messages = try MessageImport(into: store.dataPath, nodeID: nodeId)
        var bar = ProgressBar("importing")
        var number = 0
        do {
            while let line = try lines.next() {
                number += 1
                if line.isEmpty { continue }
                try add(line, number, to: messages)
                bar.show(done: lines.bytesRead, total: lines.byteCount)
            }
        } catch {
            // SWALLOW: what led here is what is told; what is not durable comes twice when the lines are given again.
            try? messages.finish(isWhole: false)
            throw error
        }
        bar.end()
        try messages.finish()
        let report = messages.report
        if report.linesPassedOver > 0 {
            StandardError.say(
                "\(report.linesPassedOver) lines passed over, which an earlier import took"
            )
        }
        StandardError.say(
            "\(report.messageCount) messages imported, \(report.topicCount) topics and"
                + " \(report.channelCount) channels made"
        )
    }

    private func add(_ line: [UInt8], _ number: Int, to messages: MessageImport) throws {
        do throws(DiskQueueError) {
            try messages.add(line: line)
        } catch {
            guard error.code == .corrupt else { throw error }
            let reason = PrintableText.of(error.message)
            throw InspectorError(
                "\(file) line \(number): \(reason); the lines before it were imported, and are passed over"
                    + " when all are given again"
            )
        }
    }
}
