import NSQCore
import NSQWire

/// A connection's commands as a client sends them, read as a connection does.
enum CommandStream {
    private static let limits = CommandLimits(
        maximumMessageBytes: 100,
        maximumBodyBytes: 1000,
        maximumReadyCount: 2500,
        maximumRequeueTimeout: .seconds(3600)
    )

    /// Reads `bytes`, whose first byte says what the connection has gone through before.
    static func read(_ bytes: UnsafeRawBufferPointer) {
        var reader = CommandReader(limits: limits)
        let history = bytes.first ?? 0
        if history & 1 != 0 { reader.machine.subscribed() }
        if history & 2 != 0 { reader.machine.closeReceived() }
        if history & 4 != 0 { reader.machine.requiresTLS = true }
        if history & 8 != 0 { reader.asksPermission = true }
        if history & 16 != 0 { reader.machine.sendsHeartbeats = false }
        var pending: [UInt8] = []
        for piece in InputPieces(UnsafeRawBufferPointer(rebasing: bytes.dropFirst())) {
            pending.append(contentsOf: piece)
            guard let consumed = consume(pending, &reader, inputHasEnded: false) else { return }
            pending.removeFirst(consumed)
        }
        if !pending.isEmpty { _ = consume(pending, &reader, inputHasEnded: true) }
    }

    /// Bytes of complete commands at the start of `input`; `nil` when the connection ends.
    private static func consume(
        _ input: [UInt8],
        _ reader: inout CommandReader,
        inputHasEnded: Bool
    ) -> Int? {
        input.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                do throws(ProtocolError) {
                    switch try reader.next(rest, inputHasEnded: inputHasEnded) {
                    case .command(let command, let byteCount):
                        FuzzTarget.check(
                            byteCount > 0 && byteCount <= rest.count,
                            "a command is some of what came"
                        )
                        note(command, in: rest)
                        offset += byteCount
                    case .needsPermission(_):
                        reader.permitTarget(true)
                    case .needsLine:
                        return offset
                    case .needsBytes(let count):
                        if inputHasEnded { return nil }
                        FuzzTarget.check(
                            count > rest.count,
                            "what is asked for is more than there is"
                        )
                        return offset
                    case .lineTooLong:
                        return nil
                    }
                } catch {
                    FuzzTarget.check(error.data.count <= 1024, "an error is short")
                    return nil
                }
            }
            return offset
        }
    }

    /// Touches every byte that a command points to.
    private static func note(_ command: Command, in input: UnsafeRawBufferPointer) {
        switch command {
        case .identify(let body), .authenticate(let body), .publish(let body),
            .publishDeferred(let body, _):
            within(body, input)
        case .publishMany(let bodies):
            for body in bodies { within(body, input) }
        case .subscribe(let topic, let channel):
            FuzzTarget.check(TopicName(raw: topic) != nil, "SUB names a topic")
            FuzzTarget.check(ChannelName(raw: channel) != nil, "SUB names a channel")
        case .ready(let count):
            FuzzTarget.check((0...2500).contains(count), "RDY is in range")
        case .finish(let id), .touch(let id):
            FuzzTarget.check(id.bytes.count == HexID.byteCount, "an id has its length")
        case .requeue(_, let delay):
            FuzzTarget.check((0...3_600_000_000_000).contains(delay), "REQ's delay is in range")
        case .close, .nothing:
            break
        }
    }

    private static func within(_ body: UnsafeRawBufferPointer, _ input: UnsafeRawBufferPointer) {
        guard let start = body.baseAddress, let base = input.baseAddress else { return }
        let offset = start - base
        FuzzTarget.check(
            offset >= 0 && offset + body.count <= input.count,
            "a body lies in what came"
        )
    }
}
