import ArgumentParser
import DiskQueue

/// The command `nsq-inspect verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks every checksum, every ledger, SQLite, and whether they agree.",
        discussion: "Exit status: 0 when nothing is damaged, 1 otherwise. Notices are no damage."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    func run() throws {
        var bar = ProgressBar("verifying")
        let found = try StoreVerification.run(dataPath: store.dataPath) { done, total in
            bar.show(done: UInt64(clamping: done), total: UInt64(clamping: total))
        }
        bar.end()
        var writer = ReportWriter(
            ["severity", "path", "offset", "bytes", "lost_messages", "finding"],
            report
        )
        for finding in found.findings {
            writer.row([
                .text(finding.severity.rawValue), .text(finding.path),
                finding.offset.map { .count(UInt64(clamping: $0)) } ?? .none,
                finding.byteCount.map { .count(UInt64(clamping: $0)) } ?? .none,
                .count(finding.lostMessages), .text(finding.text),
            ])
        }
        if report.output != .table || !found.findings.isEmpty { writer.end() }
        let damaged = found.findings.count { $0.severity == .damage }
        StandardError.say(
            "\(found.topicCount) topics, \(found.segmentCount) segments, \(found.ledgerCount) ledgers,"
                + " \(found.messageCount) messages, \(HumanFigure.bytes(UInt64(found.byteCount))) read: "
                + (damaged == 0 ? "no damage" : "\(damaged) places are damaged")
        )
        if damaged > 0 { throw ExitCode(ExitStatus.failure.rawValue) }
    }
}
