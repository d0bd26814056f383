import ArgumentParser
import DiskQueue
import FoundationEssentials

/// Which store a command is about.
struct StoreOptions: ParsableArguments {
    /// The data path.
    @Option(help: "Directory that holds the store: what nsqd was started with.")
    var dataPath: String

    /// Reads the store; what was not as expected goes to standard error.
    func inspect() throws -> StoreInspection {
        let inspection = try StoreInspection(dataPath: dataPath)
        StandardError.note(inspection.notes)
        return inspection
    }
}

extension StoreInspection {
    /// The topic called `name`, or all of them without a name.
    func topics(named name: String?) throws -> [TopicInspection] {
        guard let name else { return topics }
        guard let topic = topic(named: name) else {
            throw InspectorError("there is no topic \(PrintableText.of(name)) in \(dataPath)")
        }
        return [topic]
    }
}

extension TopicInspection {
    /// How long ago message `sequence` was published.
    func age(of sequence: UInt64?) throws -> Cell {
        guard let sequence, let published = try timestamp(of: sequence) else { return .none }
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        return .age(now - published / 1_000_000)
    }
}

/// Why a command cannot do what was asked.
struct InspectorError: Error, CustomStringConvertible {
    /// One line.
    let description: String

    init(_ description: String) { self.description = description }
}
