import ArgumentParser
import DiskQueue
import FoundationEssentials

/// Which messages a command is about.
struct MessageFilter: ParsableArguments {
    @Option(help: "Only the messages of this topic.")
    var topic: String?

    @Option(help: "Tell the state in this channel only.")
    var channel: String?

    @Option(help: "Only messages in this state in some channel: finished, queued, deferred, held.")
    var state: [StateName] = []

    @Option(
        help:
            "Only messages published at or after this time (RFC 3339, or seconds since the epoch)."
    )
    var since: Moment?

    @Option(help: "Only messages published before this time.")
    var until: Moment?

    @Option(help: "Only the message with this id (16 hex digits).")
    var id: String?

    @Option(help: "Only bodies of at least this many bytes.")
    var minSize: Int?

    @Option(help: "Only bodies of at most this many bytes.")
    var maxSize: Int?

    @Option(help: "Only bodies that contain this text.")
    var contains: String?

    @Option(help: "Only bodies that this regular expression finds something in.")
    var matches: String?

    /// The states by the names that people use.
    enum StateName: String, CaseIterable, ExpressibleByArgument {
        case finished, queued, deferred, held
        case inFlight = "in-flight"
    }

    /// A moment, nanoseconds since the Unix epoch.
    struct Moment: ExpressibleByArgument {
        /// Nanoseconds since the Unix epoch.
        let nanoseconds: Int64

        init?(argument: String) {
            let seconds: Double
            if let number = Double(argument) {
                seconds = number
                // SWALLOW: ArgumentParser says which argument is wrong.
            } else if let date = try? Date(argument, strategy: .iso8601) {
                seconds = date.timeIntervalSince1970
            } else {
                return nil
            }
            guard let nanoseconds = Int64(exactly: (seconds * 1e9).rounded()) else { return nil }
            self.nanoseconds = nanoseconds
        }
    }

    /// The filter, ready to be asked for each message.
    func compiled() throws -> CompiledMessageFilter {
        if let id, id.utf8.count != 16 || UInt64(id, radix: 16) == nil {
            throw ValidationError("--id \(id) is no message id: 16 hex digits")
        }
        let times = (since?.nanoseconds ?? .min, until?.nanoseconds ?? .max)
        let sizes = (minSize ?? 0, maxSize ?? .max)
        guard times.0 <= times.1 else { throw ValidationError("--until is before --since") }
        guard sizes.0 <= sizes.1 else {
            throw ValidationError("--max-size is less than --min-size")
        }
        return CompiledMessageFilter(
            states: Set(state),
            id: id.flatMap { UInt64($0, radix: 16) },
            since: since?.nanoseconds,
            until: until?.nanoseconds,
            sizes: sizes.0...sizes.1,
            text: contains.map { Array($0.utf8) },
            expression: try matches.map { pattern in
                do {
                    return try Regex(pattern)
                } catch {
                    throw ValidationError("--matches \(pattern) is no regular expression: \(error)")
                }
            }
        )
    }
}

/// Decides which messages are shown.
struct CompiledMessageFilter {
    let states: Set<MessageFilter.StateName>
    let id: UInt64?
    let since: Int64?
    let until: Int64?
    let sizes: ClosedRange<Int>
    let text: [UInt8]?
    let expression: Regex<AnyRegexOutput>?

    /// Whether a message is wanted, given its states in the channels that are asked about.
    func accepts(_ message: StoredMessage, states found: some Sequence<MessageState>) -> Bool {
        if let id, message.id != id { return false }
        if let since, message.timestamp < since { return false }
        if let until, message.timestamp >= until { return false }
        guard sizes.contains(message.body.count) else {
            return false
        }
        if !states.isEmpty, !found.contains(where: { $0.name.map(states.contains) ?? false }) {
            return false
        }
        if let text, !Self.contains(message.body, text) { return false }
        if let expression {
            let body = String(decoding: message.body, as: UTF8.self)
            // SWALLOW: an expression that fails on a body finds nothing in it.
            guard (try? expression.firstMatch(in: body)) ?? nil != nil else { return false }
        }
        return true
    }

    private static func contains(_ body: UnsafeRawBufferPointer, _ text: [UInt8]) -> Bool {
        guard let first = text.first else { return true }
        guard body.count >= text.count else { return false }
        for start in 0...(body.count - text.count) where body[start] == first {
            if body[start..<start + text.count].elementsEqual(text) { return true }
        }
        return false
    }
}

extension MessageState {
    /// The state by the name that people use; `nil` where the channel has nothing to do with the message.
    var name: MessageFilter.StateName? {
        switch self {
        case .notReceived: nil
        case .held: .held
        case .finished: .finished
        case .queued: .queued
        case .inFlight: .inFlight
        case .deferred: .deferred
        }
    }
}
