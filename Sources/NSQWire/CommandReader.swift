/// Reads commands from bytes in place, judging each as soon as enough of it is there.
///
/// Checks run in the order of `nsqd` spec 1.9: state, parameters, sizes, bodies. A size is judged before
/// its body has come. The reader keeps no bytes: whoever calls it keeps an incomplete command and hands it
/// in again, from its first byte, with more behind it.
package struct CommandReader: Sendable {
    /// The connection's state, moved on by whoever carries commands out.
    package var machine = ConnectionStateMachine()

    /// Where the latest PUB, MPUB or DPUB goes.
    package private(set) var target = PublishTarget()

    /// Whether the target must be permitted before an MPUB is judged beyond its line, and before more of another
    /// publish is waited for than has come.
    package var asksPermission = false

    private let limits: CommandLimits
    private var multiPublish = MultiPublishCheck()

    /// What the start of an input holds.
    package enum Step {
        /// A complete command of that many bytes.
        case command(Command, byteCount: Int)
        /// A line without its end.
        case needsLine
        /// A command that can be judged further once the input has that many bytes in all.
        case needsBytes(Int)
        /// A publish to a target that ``permitTarget(_:)`` was not called for; it is to be read again then.
        case needsPermission(CommandName)
        /// A line above ``ProtocolLine/maximumBytes``: the connection is dropped without a frame.
        case lineTooLong
    }

    /// A body behind its size, or how many bytes of input are missing.
    private enum Body {
        case complete(UnsafeRawBufferPointer, end: Int)
        case incomplete(Int)
    }

    /// Starts a connection.
    package init(limits: CommandLimits) {
        self.limits = limits
    }

    /// The client may publish to the present target, or may not any more.
    package mutating func permitTarget(_ isPermitted: Bool) {
        target.isPermitted = isPermitted
    }

    /// Judges the command at the start of `input`, which is not empty.
    ///
    /// With `inputHasEnded` nothing will follow, and a command cut off inside its body is an error.
    ///
    /// - Throws: The answer to a bad command. Nothing behind it is to be read.
    package mutating func next(
        _ input: UnsafeRawBufferPointer,
        inputHasEnded: Bool
    ) throws(ProtocolError) -> Step {
        if let lineByteCount = target.publishLine(in: input) {
            return try readSizedBody(.publish, input, lineByteCount, inputHasEnded, deferral: 0)
        }
        let lineEnd = ByteSearch.firstIndex(
            of: UInt8(ascii: "\n"),
            in: input,
            limit: ProtocolLine.maximumBytes
        )
        guard let lineEnd else {
            return input.count < ProtocolLine.maximumBytes ? .needsLine : .lineTooLong
        }
        var line = ProtocolLine(UnsafeRawBufferPointer(rebasing: input[..<lineEnd]))
        let command = CommandName(bytes: line.name)
        guard !machine.requiresTLS || command == .identify else { throw .tlsRequired(line.name) }
        guard let name = command else { throw .unknownCommand(line.name) }
        let bodyStart = lineEnd + 1
        switch machine.verdict(on: name) {
        case .refused: throw .wrongState(name)
        case .ignored: return .command(.nothing, byteCount: bodyStart)
        case .allowed: break
        }
        switch name {
        case .publish, .publishMany, .publishDeferred, .identify, .authenticate:
            return try readWithBody(name, &line, input, bodyStart, inputHasEnded)
        case .finish: return .command(.finish(try readID(name, &line)), byteCount: bodyStart)
        case .touch: return .command(.touch(try readID(name, &line)), byteCount: bodyStart)
        case .requeue: return .command(try readRequeue(&line), byteCount: bodyStart)
        case .ready: return .command(.ready(try readCount(&line)), byteCount: bodyStart)
        case .subscribe: return .command(try readSubscribe(&line), byteCount: bodyStart)
        case .close: return .command(.close, byteCount: bodyStart)
        case .nothing: return .command(.nothing, byteCount: bodyStart)
        }
    }
}

// MARK: Commands with a body

extension CommandReader {
    private mutating func readWithBody(
        _ name: CommandName,
        _ line: inout ProtocolLine,
        _ input: UnsafeRawBufferPointer,
        _ start: Int,
        _ inputHasEnded: Bool
    ) throws(ProtocolError) -> Step {
        var deferral: Int64 = 0
        switch name {
        case .identify: break
        case .authenticate: guard !line.hasParameter else { throw .authParameters }
        default: deferral = try readTarget(name, &line)
        }
        guard name != .publishMany else {
            guard !asksPermission || target.isPermitted else { return .needsPermission(name) }
            return try multiPublish.next(
                input,
                bodyStart: start,
                limits: limits,
                inputHasEnded: inputHasEnded
            )
        }
        return try readSizedBody(name, input, start, inputHasEnded, deferral: deferral)
    }

    private func readSizedBody(
        _ name: CommandName,
        _ input: UnsafeRawBufferPointer,
        _ start: Int,
        _ inputHasEnded: Bool,
        deferral: Int64
    ) throws(ProtocolError) -> Step {
        switch try readBody(name, input, start, inputHasEnded) {
        case .incomplete(let needed):
            let isPublish = name == .publish || name == .publishDeferred
            // Whoever may not publish is not to have a body kept; its size is judged first.
            let isKnown = !asksPermission || !isPublish || target.isPermitted
            return isKnown || needed <= start + 4 ? .needsBytes(needed) : .needsPermission(name)
        case .complete(let body, let end):
            let command: Command =
                switch name {
                case .identify: .identify(body)
                case .authenticate: .authenticate(body)
                case .publishDeferred: .publishDeferred(body, deferral: deferral)
                default: .publish(body)
                }
            return .command(command, byteCount: end)
        }
    }

    /// Selects the topic of a publish and gives DPUB's deferral in nanoseconds, 0 for the others.
    private mutating func readTarget(
        _ name: CommandName,
        _ line: inout ProtocolLine
    ) throws(ProtocolError) -> Int64 {
        guard let topic = line.nextParameter() else { throw .fewParameters(name) }
        guard name == .publishDeferred else {
            guard target.select(topic) else { throw .badTopic(name, topic) }
            return 0
        }
        guard let raw = line.nextParameter() else { throw .fewParameters(name) }
        guard target.select(topic) else { throw .badTopic(name, topic) }
        guard let timeout = DecimalNumber.parse(raw) else { throw .unparsableTimeout(name, raw) }
        let deferral = Int64(bitPattern: timeout) &* 1_000_000
        guard deferral >= 0, deferral <= limits.maximumRequeueNanoseconds else {
            let limit = limits.maximumRequeueNanoseconds / 1_000_000
            throw .deferralOutOfRange(timeout, limit: limit)
        }
        return deferral
    }

    private func readBody(
        _ name: CommandName,
        _ input: UnsafeRawBufferPointer,
        _ start: Int,
        _ inputHasEnded: Bool
    ) throws(ProtocolError) -> Body {
        guard let size = WireSize.read(input, at: start) else {
            guard !inputHasEnded else { throw .unreadableSize(name) }
            return .incomplete(start + 4)
        }
        let limit =
            switch name {
            case .publish, .publishDeferred: limits.maximumMessageBytes
            default: limits.maximumBodyBytes
            }
        guard Int(size) <= limit else { throw .tooBig(name, size, limit: limit) }
        guard size > 0 else { throw .invalidSize(name, size) }
        let end = start + 4 + Int(size)
        guard end <= input.count else {
            guard !inputHasEnded else { throw .shortBody(name) }
            return .incomplete(end)
        }
        return .complete(UnsafeRawBufferPointer(rebasing: input[(start + 4)..<end]), end: end)
    }
}

// MARK: Commands without a body

extension CommandReader {
    private func readID(
        _ name: CommandName,
        _ line: inout ProtocolLine
    ) throws(ProtocolError) -> ReceivedID {
        guard let raw = line.nextParameter() else { throw .fewParameters(name) }
        guard let id = ReceivedID(raw) else { throw .invalidMessageID }
        return id
    }

    /// A delay above the limit is lowered to it, and one that wrapped below 0 raised to it; neither is told.
    private func readRequeue(_ line: inout ProtocolLine) throws(ProtocolError) -> Command {
        guard let rawID = line.nextParameter(), let rawTimeout = line.nextParameter() else {
            throw .fewParameters(.requeue)
        }
        guard let id = ReceivedID(rawID) else { throw .invalidMessageID }
        guard let timeout = DecimalNumber.parse(rawTimeout) else {
            throw .unparsableTimeout(.requeue, rawTimeout)
        }
        let delay = Int64(bitPattern: timeout) &* 1_000_000
        return .requeue(id, delay: min(max(delay, 0), limits.maximumRequeueNanoseconds))
    }

    private func readCount(_ line: inout ProtocolLine) throws(ProtocolError) -> Int {
        guard let raw = line.nextParameter() else { return 1 }
        guard let number = DecimalNumber.parse(raw) else { throw .unparsableCount(raw) }
        let count = Int64(bitPattern: number)
        guard count >= 0, count <= Int64(limits.maximumReadyCount) else {
            throw .countOutOfRange(count, limit: limits.maximumReadyCount)
        }
        return Int(count)
    }
}
