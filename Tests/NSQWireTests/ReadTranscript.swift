import NSQCore
import NSQWire

/// Feeds a ``CommandReader`` as a connection does and writes down what it says.
struct ReadTranscript {
    /// One line a command: its name, its topic, and what it carries.
    private(set) var lines: [String] = []

    private var reader: CommandReader
    private var pending: [UInt8] = []
    private var hasEnded = false

    /// Limits small enough to be reached.
    static let limits = CommandLimits(
        maximumMessageBytes: 10,
        maximumBodyBytes: 100,
        maximumReadyCount: 50,
        maximumRequeueTimeout: .seconds(2)
    )

    /// Starts in the initial state, or as a consumer.
    init(
        isSubscribed: Bool = false,
        asksPermission: Bool = false,
        limits: CommandLimits = Self.limits
    ) {
        reader = CommandReader(limits: limits)
        reader.asksPermission = asksPermission
        if isSubscribed { reader.machine.subscribed() }
    }

    /// Reads `input` in pieces of `size` bytes, then the end of the input if `isEnd`.
    static func reading(
        _ input: [UInt8],
        inPiecesOf size: Int = .max,
        isSubscribed: Bool = false,
        isEnd: Bool = false
    ) -> [String] {
        var transcript = ReadTranscript(isSubscribed: isSubscribed)
        var rest = input[...]
        while !rest.isEmpty {
            transcript.feed(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        if isEnd { transcript.end() }
        return transcript.lines
    }

    /// More input.
    mutating func feed(_ bytes: [UInt8]) {
        pending += bytes
        read(inputHasEnded: false)
    }

    /// The input is over.
    mutating func end() {
        read(inputHasEnded: true)
    }

    private mutating func read(inputHasEnded: Bool) {
        while !pending.isEmpty, !hasEnded {
            let bytes = pending
            let consumed = bytes.withUnsafeBytes { step($0, inputHasEnded: inputHasEnded) }
            guard consumed > 0 else { return }
            pending.removeFirst(consumed)
        }
    }

    private mutating func step(_ bytes: UnsafeRawBufferPointer, inputHasEnded: Bool) -> Int {
        do throws(ProtocolError) {
            switch try reader.next(bytes, inputHasEnded: inputHasEnded) {
            case .command(let command, let byteCount):
                lines.append(describe(command))
                return byteCount
            case .needsLine:
                return 0
            case .needsBytes(let count):
                // Asking for no more than there is would never end.
                if count <= bytes.count { lines.append("asks for \(count) of \(bytes.count)") }
                return 0
            case .needsPermission(_):
                lines.append("asks for permission to publish to \(reader.target.name?.text ?? "?")")
                reader.permitTarget(true)
                return 0
            case .lineTooLong:
                lines.append("line too long")
            }
        } catch {
            lines.append("\(error)")
        }
        hasEnded = true
        return 0
    }

    private mutating func describe(_ command: Command) -> String {
        let topic = reader.target.name?.text ?? "?"
        switch command {
        case .identify(let json): return "IDENTIFY \(text(json))"
        case .authenticate(let secret): return "AUTH \(text(secret))"
        case .subscribe(let topic, let channel):
            reader.machine.subscribed()
            return "SUB \(text(topic)) \(text(channel))"
        case .ready(let count): return "RDY \(count)"
        case .finish(let id): return "FIN \(describe(id))"
        case .requeue(let id, let delay): return "REQ \(describe(id)) \(delay)"
        case .touch(let id): return "TOUCH \(describe(id))"
        case .close:
            reader.machine.closeReceived()
            return "CLS"
        case .nothing: return "NOP"
        case .publish(let body): return "PUB \(topic) \(text(body))"
        case .publishMany(let bodies):
            return "MPUB \(topic) \(bodies.map(text).joined(separator: ","))"
        case .publishDeferred(let body, let deferral):
            return "DPUB \(topic) \(text(body)) \(deferral)"
        }
    }

    private func describe(_ id: ReceivedID) -> String {
        id.value.map { String($0, radix: 16) } ?? "unknown \(text(id.bytes))"
    }

    private func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
