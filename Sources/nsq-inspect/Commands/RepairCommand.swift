import ArgumentParser
import DiskQueue

/// The command `nsq-inspect repair`.
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract:
            "Mends a damaged store that nobody runs on; shows what it would do unless told to do it.",
        discussion: """
            What it takes out of the store is kept in the data path's directory quarantine. Messages in damaged \
            batches are lost; all others stay. Exit status: 0 when there is nothing to do or it was done, 1 when \
            there is something to do.
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions

    @Flag(help: "Do it.")
    var apply = false

    func run() throws {
        let plan =
            apply
            ? try StoreRepair.apply(dataPath: store.dataPath)
            : try StoreRepair.plan(dataPath: store.dataPath)
        var writer = ReportWriter(["path", "step"], report)
        for step in plan.steps { writer.row([.text(step.path), .text(step.text)]) }
        if report.output != .table || !plan.steps.isEmpty { writer.end() }
        if plan.steps.isEmpty {
            StandardError.say("nothing to mend")
        } else if apply {
            StandardError.say("done; what was taken out is in \(store.dataPath)/quarantine")
        } else {
            StandardError.say("nothing was changed; --apply does it")
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }
}
