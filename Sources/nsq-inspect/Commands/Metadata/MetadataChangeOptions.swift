import ArgumentParser
import DiskQueue

/// How a command changes a store.
struct MetadataChangeOptions: ParsableArguments {
    @Flag(help: "Only say what would change.")
    var dryRun = false

    @Flag(help: "Delete also what messages wait in.")
    var yes = false

    /// Makes a store what `document` says, and says what was changed.
    ///
    /// - Throws: an exit status of 1 when messages would be lost and ``yes`` is not given.
    func apply(
        _ document: MetadataDocument,
        to dataPath: String,
        mode: MetadataDifference.Mode,
        reason: String
    ) throws {
        if dryRun {
            let current = try MetadataEditor.current(dataPath)
            say(current.notes)
            return show(MetadataDifference(from: current.document, to: document, mode: mode))
        }
        let outcome = try MetadataEditor.apply(
            document,
            to: dataPath,
            MetadataEditor.Options(mode: mode, allowsLoss: yes, reason: reason)
        )
        say(outcome.notes)
        show(outcome.difference)
        guard let loss = outcome.difference.loss, !outcome.isApplied else { return }
        StandardError.say(
            "nsq-inspect: \(loss): nothing was changed; --yes changes it all the same"
        )
        throw ExitCode(ExitStatus.failure.rawValue)
    }

    private func say(_ notes: [String]) {
        for note in notes { StandardError.say("nsq-inspect: \(PrintableText.of(note))") }
    }

    private func show(_ difference: MetadataDifference) {
        for line in difference.lines { StandardOutput.write(line + "\n") }
        if difference.isEmpty { StandardOutput.write("nothing to change\n") }
        StandardOutput.flush()
    }
}
