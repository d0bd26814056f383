import NSQCore
import NSQWire

/// Protocol V1 as both of its ends read it.
enum LookupdStream {
    /// Reads `bytes` as nsqlookupd reads a peer's commands, and as nsqd reads an nsqlookupd's answers.
    static func read(_ bytes: UnsafeRawBufferPointer) {
        readCommands(bytes)
        if let identity = LookupdIdentity(json: bytes) {
            FuzzTarget.check(
                identity.version.utf8.count <= bytes.count * 3,
                "a text has its source"
            )
        }
        if let channels = ChannelListAnswer.channels(in: bytes, limit: 4) {
            FuzzTarget.check(channels.count <= 4, "channels are counted")
            FuzzTarget.check(channels.allSatisfy { !$0.isEphemeral }, "ephemeral ones are left out")
        }
    }

    private static func readCommands(_ bytes: UnsafeRawBufferPointer) {
        var reader = LookupdCommandReader()
        var pending: [UInt8] = []
        for piece in InputPieces(bytes) {
            pending.append(contentsOf: piece)
            guard let consumed = consume(pending, &reader) else { return }
            pending.removeFirst(consumed)
            FuzzTarget.check(
                pending.count <= LookupdLimits.pendingBytes + piece.count,
                "what waits is bounded"
            )
        }
        if let complaint = pending.withUnsafeBytes(reader.complaint(atEndOf:)) {
            FuzzTarget.check(!complaint.body.isEmpty, "a complaint has its words")
        }
    }

    /// Bytes of complete commands at the start of `input`; `nil` when the connection ends.
    private static func consume(_ input: [UInt8], _ reader: inout LookupdCommandReader) -> Int? {
        input.withUnsafeBytes { bytes in
            var offset = 0
            do throws(LookupdProtocolError) {
                while offset < bytes.count,
                    let (command, byteCount) = try reader.next(
                        UnsafeRawBufferPointer(rebasing: bytes[offset...])
                    )
                {
                    FuzzTarget.check(
                        byteCount > 0 && byteCount <= bytes.count - offset,
                        "a command is some of what came"
                    )
                    note(command, reader)
                    offset += byteCount
                }
                return offset
            } catch {
                FuzzTarget.check(!error.body.isEmpty, "an error has its words")
                return nil
            }
        }
    }

    private static func note(_ command: LookupdCommand, _ reader: LookupdCommandReader) {
        switch command {
        case .ping: break
        case .identify(let identity):
            FuzzTarget.check(
                !identity.broadcastAddress.isEmpty
                    && identity.broadcastAddress.utf8.count <= LookupdLimits.fieldBytes,
                "who introduces itself has an address, and not a long one"
            )
        case .register(let topic, _), .unregister(let topic, _):
            FuzzTarget.check(reader.isIdentified, "only who introduced itself registers")
            FuzzTarget.check(topic.text.utf8.count <= 64, "a name is short")
        }
    }
}
