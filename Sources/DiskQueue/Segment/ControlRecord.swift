/// The payload of a control batch: what makes a segment describe itself.
enum ControlRecord: Equatable {
    /// The topic's channels and pause state from here on. Every segment begins with one.
    case roster(Roster)
    /// The segment is complete.
    case seal(SegmentSeal)

    private enum Kind: UInt8 {
        case roster = 1
        case seal = 2
    }

    /// The bytes of the payload.
    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .roster(let roster):
            writer.write(Kind.roster.rawValue)
            roster.encode(into: &writer)
        case .seal(let seal):
            writer.write(Kind.seal.rawValue)
            seal.encode(into: &writer)
        }
        return writer.bytes
    }

    /// Reads a payload whose checksum held; `nil` for a kind that this version does not know.
    init?(decoding payload: UnsafeRawBufferPointer) {
        var reader = ByteReader(payload)
        guard let raw = reader.read(UInt8.self), let kind = Kind(rawValue: raw) else { return nil }
        switch kind {
        case .roster:
            guard let roster = Roster(decoding: &reader) else { return nil }
            self = .roster(roster)
        case .seal:
            guard let seal = SegmentSeal(decoding: &reader) else { return nil }
            self = .seal(seal)
        }
    }
}

/// A topic's pause state and its durable channels, complete, as of one place in the log.
package struct Roster: Equatable, Sendable {
    /// One durable channel of the topic.
    package struct Member: Equatable, Sendable {
        /// Names the channel's ledger; unique within the topic, never used twice.
        package var id: UInt64
        /// The channel's name.
        package var name: String
        /// Whether the channel is paused.
        package var isPaused: Bool
        /// The first sequence that the channel receives.
        package var startSequence: UInt64

        /// Composes a member.
        package init(id: UInt64, name: String, isPaused: Bool, startSequence: UInt64) {
            self.id = id
            self.name = name
            self.isPaused = isPaused
            self.startSequence = startSequence
        }
    }

    /// Whether the topic is paused.
    package var isPaused = false
    /// Where the pump stands; `nil` while it follows the tail.
    package var heldPump: UInt64?
    /// The id that the next channel gets.
    package var nextChannelID: UInt64 = 1
    /// The channels.
    package var members: [Member] = []

    /// The roster of a topic that was just made: no channel, the pump held at `start`.
    package init(heldAt start: UInt64) { heldPump = start }

    func encode(into writer: inout ByteWriter) {
        writer.write(UInt8(isPaused ? 1 : 0))
        writer.write(UInt8(heldPump == nil ? 0 : 1))
        writer.write(heldPump ?? 0)
        writer.write(nextChannelID)
        writer.writeVariable(UInt64(members.count))
        for member in members {
            writer.write(member.id)
            writer.write(UInt8(member.isPaused ? 1 : 0))
            writer.write(member.startSequence)
            writer.write(text: member.name)
        }
    }

    init?(decoding reader: inout ByteReader) {
        guard let paused = reader.read(UInt8.self), let held = reader.read(UInt8.self),
            let pump = reader.read(UInt64.self), let next = reader.read(UInt64.self),
            let count = reader.readVariable()
        else { return nil }
        isPaused = paused != 0
        heldPump = held == 0 ? nil : pump
        nextChannelID = next
        for _ in 0..<count {
            guard let id = reader.read(UInt64.self), let paused = reader.read(UInt8.self),
                let start = reader.read(UInt64.self), let name = reader.readText()
            else { return nil }
            members.append(
                Member(id: id, name: name, isPaused: paused != 0, startSequence: start)
            )
        }
    }
}

/// The last record of a sealed segment, at the end of its file: what start-up has to know about it.
struct SegmentSeal: Equatable {
    /// Sequence after the last message.
    var endSequence: UInt64
    /// Deferred messages in the segment; start-up reads the batch headers of those that hold any.
    var deferredCount: UInt64
    /// Offset of the seal's batch header.
    var sealOffset: UInt64

    /// Bytes of header and payload, so that it is found from the end of the file.
    static let totalBytes = SegmentFormat.batchHeaderBytes + 1 + 24

    func encode(into writer: inout ByteWriter) {
        writer.write(endSequence)
        writer.write(deferredCount)
        writer.write(sealOffset)
    }

    init?(decoding reader: inout ByteReader) {
        guard let end = reader.read(UInt64.self), let deferred = reader.read(UInt64.self),
            let offset = reader.read(UInt64.self)
        else { return nil }
        endSequence = end
        deferredCount = deferred
        sealOffset = offset
    }

    /// Composes a seal.
    init(endSequence: UInt64, deferredCount: UInt64, sealOffset: UInt64) {
        self.endSequence = endSequence
        self.deferredCount = deferredCount
        self.sealOffset = sealOffset
    }
}
