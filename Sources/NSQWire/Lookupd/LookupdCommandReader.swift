import NSQCore

/// Reads the commands of protocol V1 out of a peer's input, in place.
///
/// A value for one connection. Source: `nsqlookupd` spec 2.2, 3 and 4.
package struct LookupdCommandReader: Sendable {
    /// What a connection begins with.
    package static let magic = "  V1"

    /// Whether IDENTIFY was read: it may be read once, and what registers only behind it.
    package private(set) var isIdentified = false
    /// Bytes of an incomplete line that are known to hold no `\n`.
    private var searched = 0

    /// A connection whose magic was read.
    package init() {}

    /// Reads one command from the beginning of `input`.
    ///
    /// - Returns: The command and how many bytes it took; `nil` when it is not complete.
    /// - Throws: What ends the connection.
    package mutating func next(
        _ input: UnsafeRawBufferPointer
    ) throws(LookupdProtocolError) -> (command: LookupdCommand, byteCount: Int)? {
        let unseen = UnsafeRawBufferPointer(rebasing: input[min(searched, input.count)...])
        let room = LookupdLimits.lineBytes - searched
        guard let found = ByteSearch.firstIndex(of: UInt8(ascii: "\n"), in: unseen, limit: room)
        else {
            guard input.count < LookupdLimits.lineBytes else { throw .lineTooLong }
            searched = input.count
            return nil
        }
        let end = searched + found
        let line = UnsafeRawBufferPointer(rebasing: input[..<end])
        let rest = UnsafeRawBufferPointer(rebasing: input[(end + 1)...])
        guard let (command, bodyBytes) = try command(in: line, behind: rest) else {
            searched = end
            return nil
        }
        searched = 0
        return (command, end + 1 + bodyBytes)
    }

    /// Why input that ends with `input`, which is no complete command, is an error; `nil` when it is none.
    package func complaint(atEndOf input: UnsafeRawBufferPointer) -> LookupdProtocolError? {
        guard searched < input.count, input[searched] == UInt8(ascii: "\n") else { return nil }
        return input.count - searched - 1 < WireSize.byteCount ? .badBodySize : .bodyCutOff
    }

    private mutating func command(
        in line: UnsafeRawBufferPointer,
        behind rest: UnsafeRawBufferPointer
    ) throws(LookupdProtocolError) -> (LookupdCommand, bodyBytes: Int)? {
        var words = ProtocolLine(Self.trimmed(line))
        let name = String(decoding: words.name, as: UTF8.self)
        switch name {
        case "PING": return (.ping, 0)
        case "IDENTIFY": return try identify(rest)
        case "REGISTER":
            let (topic, channel) = try names(in: &words, of: "REGISTER")
            return (.register(topic, channel), 0)
        case "UNREGISTER":
            let (topic, channel) = try names(in: &words, of: "UNREGISTER")
            return (.unregister(topic, channel), 0)
        default: throw .unknownCommand(words.name)
        }
    }

    private mutating func identify(
        _ input: UnsafeRawBufferPointer
    ) throws(LookupdProtocolError) -> (LookupdCommand, bodyBytes: Int)? {
        guard !isIdentified else { throw .identifiedAlready }
        guard let announced = WireSize.read(input, at: 0) else { return nil }
        let length = Int(announced)
        guard (0...LookupdLimits.bodyBytes).contains(length) else { throw .badBodySize }
        let end = WireSize.byteCount + length
        guard input.count >= end else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: input[WireSize.byteCount..<end])
        let identity = try ProducerIdentity(json: body)
        isIdentified = true
        return (.identify(identity), end)
    }

    private func names(
        in words: inout ProtocolLine,
        of command: StaticString
    ) throws(LookupdProtocolError) -> (TopicName, ChannelName?) {
        guard isIdentified else { throw .notIdentified }
        guard let topicText = words.nextParameter() else { throw .tooFewParameters(command) }
        guard let topic = TopicName(raw: topicText) else { throw .badTopic(command, topicText) }
        guard let channelText = words.nextParameter(), !channelText.isEmpty else {
            return (topic, nil)
        }
        guard let channel = ChannelName(raw: channelText) else {
            throw .badChannel(command, channelText)
        }
        return (topic, channel)
    }

    /// `line` without white space at its ends.
    private static func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = line.firstIndex(where: { !isSpace($0) }),
            let last = line.lastIndex(where: { !isSpace($0) })
        else { return UnsafeRawBufferPointer(rebasing: line[..<0]) }
        return UnsafeRawBufferPointer(rebasing: line[first...last])
    }
}
