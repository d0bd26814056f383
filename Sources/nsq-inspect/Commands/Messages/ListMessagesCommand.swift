import ArgumentParser
import DiskQueue

/// The command `nsq-inspect messages list`.
struct ListMessagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Shows stored messages with their state in each channel (the default)."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: OutputOptions
    @OptionGroup var filter: MessageFilter

    @Option(help: "Stop after this many messages; 0 for all.")
    var limit = 0

    @Flag(help: "Go on with what is published, until interrupted.")
    var follow = false

    @Option(
        help: "How to show bodies: text, json (indented), hex, base64, raw (nothing else) or none."
    )
    var body = BodyForm.text

    mutating func validate() throws {
        if limit < 0 { throw ValidationError("--limit must not be negative") }
    }

    func run() throws {
        if body == .raw, StandardOutput.isTerminal {
            throw InspectorError("raw bodies may hold what a terminal obeys: send them to a file")
        }
        let compiled = try filter.compiled()
        var listing = MessageListing(body, report, limit: limit, isStreamed: follow)
        var next: [UInt64: UInt64] = [:]
        var inspection = try store.inspect()
        _ = try inspection.topics(named: filter.topic)
        // Before the first look, so that nothing is missed between the two.
        let watch = follow ? try StoreWatch(inspection) : nil
        while true {
            for topic in inspection.topics where filter.topic.map({ $0 == topic.name }) ?? true {
                let channels = try channels(of: topic)
                let from = next[topic.id] ?? start(of: topic, channels)
                next[topic.id] = topic.endSequence
                try topic.forEachMessage(from: from, damaged: report) { message in
                    let states = channels.map {
                        ($0.name, $0.state(of: message.sequence, deferredAs: message.deferral))
                    }
                    let isHeld = channels.isEmpty && message.sequence >= topic.pump
                    let found = states.map(\.1) + (isHeld ? [.held] : [])
                    guard compiled.accepts(message, states: found) else { return true }
                    listing.show(message, of: topic.name, states)
                    return !listing.isFull
                }
                if listing.isFull { break }
            }
            guard let watch, !listing.isFull else { break }
            watch.wait()
            inspection = try StoreInspection(dataPath: store.dataPath)
            watch.watch(inspection)
        }
        listing.end()
    }

    private func channels(of topic: TopicInspection) throws -> [ChannelInspection] {
        guard let name = filter.channel else { return topic.channels }
        if let channel = topic.channel(named: name) { return [channel] }
        guard filter.topic != nil else { return [] }
        throw InspectorError(
            "topic \(PrintableText.of(topic.name)) has no channel \(PrintableText.of(name))"
        )
    }

    /// Nothing before the first message that is not finished is of interest when finished ones are not.
    private func start(of topic: TopicInspection, _ channels: [ChannelInspection]) -> UInt64 {
        guard !filter.state.isEmpty, !filter.state.contains(.finished) else { return 0 }
        return (channels.map(\.ackFloor) + [topic.pump]).min() ?? 0
    }

    private func report(_ path: String, _ range: Range<Int>, _ reason: String) {
        StandardError.say(
            "nsq-inspect: \(PrintableText.of(path)) at \(range.lowerBound): \(range.count) bytes left out: \(reason)"
        )
    }
}

/// Writes messages in the form that was asked for.
private struct MessageListing {
    private let body: BodyForm
    private let limit: Int
    private let isTable: Bool
    private let isStreamed: Bool
    private var writer: ReportWriter?
    private var count = 0

    init(_ body: BodyForm, _ options: OutputOptions, limit: Int, isStreamed: Bool) {
        self.body = body
        self.limit = limit
        self.isStreamed = isStreamed
        isTable = options.output == .table
        let columns = [
            "topic", "sequence", "id", "published_ns", "size", "states", "segment", "offset",
            "encoding", "body",
        ]
        writer =
            isTable || body == .raw ? nil : ReportWriter(columns, options, isStreamed: isStreamed)
    }

    var isFull: Bool { limit > 0 && count >= limit }

    mutating func show(
        _ message: StoredMessage,
        of topic: String,
        _ states: [(String, MessageState)]
    ) {
        count += 1
        if body == .raw {
            StandardOutput.write(Array(message.body) + [UInt8(ascii: "\n")])
        } else if isTable {
            showLines(message, of: topic, states)
        } else {
            let (encoding, body) = body.cells(message.body)
            writer?.row([
                .text(topic), .count(message.sequence), .text(message.idText),
                .time(message.timestamp), .bytes(UInt64(message.body.count)),
                .members(states.map { (name: $0, value: $1.cell) }), .count(message.segment),
                .count(UInt64(message.offset)), encoding, body,
            ])
        }
        if isStreamed { StandardOutput.flush() }
    }

    mutating func end() {
        writer?.end()
        StandardOutput.flush()
    }

    /// One line a message, for a person: columns of known width first.
    private func showLines(
        _ message: StoredMessage,
        of topic: String,
        _ states: [(String, MessageState)]
    ) {
        let (inRow, below) = body.shown(message.body)
        let states = states.map { "\(PrintableText.of($0)): \($1.text)" }.joined(separator: ", ")
        let line = [
            PrintableText.of(topic), message.idText,
            HumanFigure.time(message.timestamp / 1_000_000),
            HumanFigure.bytes(UInt64(message.body.count)), "[\(states)]", inRow,
        ]
        StandardOutput.write(line.joined(separator: "  ").trimmingTrailingSpaces + "\n")
        for line in below { StandardOutput.write("    \(line)\n") }
    }
}

extension MessageState {
    /// The state for a program.
    fileprivate var cell: Cell {
        let name = Cell.text(word)
        return switch self {
        case .notReceived, .held, .finished, .inFlight: .members([(name: "state", value: name)])
        case .queued(let attempts):
            .members([
                (name: "state", value: name), (name: "attempts", value: .count(UInt64(attempts))),
            ])
        case .deferred(let attempts, let due):
            .members([
                (name: "state", value: name), (name: "attempts", value: .count(UInt64(attempts))),
                (name: "due_ms", value: .time(Int64(clamping: due))),
            ])
        }
    }

    /// The state for a person.
    fileprivate var text: String {
        switch self {
        case .notReceived, .held, .finished, .inFlight: word
        case .queued(let attempts): attempts > 0 ? "queued, attempts \(attempts)" : "queued"
        case .deferred(let attempts, let due):
            "deferred until \(HumanFigure.time(Int64(clamping: due)))"
                + (attempts > 0 ? ", attempts \(attempts)" : "")
        }
    }
}
