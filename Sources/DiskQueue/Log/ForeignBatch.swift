private import NSQCore

/// Messages that were made elsewhere, as one batch on its way into a topic's log.
///
/// They keep their times, and their ids where these continue the log's numbering: a finish names a message by its
/// id, and a sequence is all that an id says. Others are numbered anew.
///
/// Memory: the batch, at most ``SegmentFormat/batchPayloadTarget`` bytes, or one message that is longer.
package struct ForeignBatch {
    /// Room for the header, then the messages in wire form.
    private(set) var bytes: [UInt8]
    /// Where each message begins in ``bytes``, and the id that it had.
    private var messages: [(offset: Int, id: UInt64?)] = []

    /// Makes an empty batch.
    package init() {
        bytes = [UInt8](repeating: 0, count: SegmentFormat.batchHeaderBytes)
    }

    /// Messages in it.
    package var count: Int { messages.count }

    /// Whether it holds no message.
    package var isEmpty: Bool { messages.isEmpty }

    /// Whether a message of `bodyBytes` goes in beside the others; an empty batch takes any.
    package func hasRoom(for bodyBytes: Int) -> Bool {
        let payload = bytes.count - SegmentFormat.batchHeaderBytes
        let frame = bodyBytes.addingReportingOverflow(SegmentFormat.messageHeaderBytes)
        return isEmpty
            || !frame.overflow && frame.partialValue <= SegmentFormat.batchPayloadTarget - payload
    }

    /// Adds a message.
    ///
    /// - Parameters:
    ///   - body: its body.
    ///   - timestamp: when it was published, nanoseconds since the Unix epoch.
    ///   - id: the 64 bits of the id that it had; `nil` when it had none of that form.
    /// - Throws: `.tooLarge` for a body that no batch can hold.
    package mutating func append(
        _ body: UnsafeRawBufferPointer,
        timestamp: Int64,
        id: UInt64?
    ) throws(DiskQueueError) {
        let largest = SegmentFormat.maximumPayloadBytes - SegmentFormat.messageHeaderBytes
        guard body.count <= largest else {
            throw DiskQueueError(.tooLarge, "a message of \(body.count) bytes is too large")
        }
        let offset = bytes.count
        let frame = SegmentFormat.messageHeaderBytes + body.count
        bytes.append(contentsOf: repeatElement(0, count: frame))
        bytes.withUnsafeMutableBytes { raw in
            guard let base = raw.baseAddress else { return }
            _ = MessageFrame.write(body, id: id ?? 0, timestamp: timestamp, at: base + offset)
        }
        messages.append((offset, id))
    }

    /// Forgets the messages; the memory of an ordinary batch is kept.
    package mutating func removeAll() {
        messages.removeAll(keepingCapacity: true)
        if bytes.capacity > 2 * SegmentFormat.batchPayloadTarget {
            bytes = [UInt8](repeating: 0, count: SegmentFormat.batchHeaderBytes)
        } else {
            bytes.removeSubrange(SegmentFormat.batchHeaderBytes...)
        }
    }

    /// The sequence that an id says, when a log may begin with it.
    ///
    /// Half of all numbers is left, so that no import uses them up.
    package static func firstSequence(ofID id: UInt64?) -> UInt64? {
        guard let sequence = id.map({ MessageID(rawValue: $0).sequence }) else { return nil }
        return (1...MessageID.maximumSequence / 2).contains(sequence) ? sequence : nil
    }

    /// Numbers the messages from `header.firstSequence` on and writes the header, whose payload is filled in.
    mutating func seal(_ header: BatchHeader, nodeBits: UInt16) {
        let node = UInt64(nodeBits) << 12
        bytes.withUnsafeMutableBytes { raw in
            guard let base = raw.baseAddress else { return }
            var sequence = header.firstSequence
            for message in messages {
                let own = (sequence >> 12) << 22 | node | sequence & 0xfff
                let kept = message.id.flatMap { id in
                    MessageID(rawValue: id).sequence == sequence ? id : nil
                }
                MessageFrame.writeID(kept ?? own, at: base + message.offset)
                sequence &+= 1
            }
            let payload = UnsafeRawBufferPointer(
                start: base + SegmentFormat.batchHeaderBytes,
                count: raw.count - SegmentFormat.batchHeaderBytes
            )
            var header = header
            header.payloadBytes = payload.count
            header.payloadChecksum = Checksum.crc32c(payload)
            header.encode(at: base)
        }
    }
}
