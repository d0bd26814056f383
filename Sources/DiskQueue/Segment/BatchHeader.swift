/// The 64 bytes before each batch: what one turn published to a topic, or a control record.
package struct BatchHeader: Equatable {
    /// Bytes of the payload that follows.
    package var payloadBytes: Int
    /// CRC-32C of the payload.
    ///
    /// A bad payload leaves the header readable, so that sequences stay known.
    package var payloadChecksum: UInt32
    /// Low half of the segment's uuid.
    package var segmentUUID: UInt64
    /// Sequence of the first message; for a control batch that of the next message.
    package var firstSequence: UInt64
    /// Messages in the payload; 0 for a control batch.
    package var messageCount: Int
    /// Whether the payload is a ``ControlRecord``.
    package var isControl: Bool
    /// When the messages become due, in milliseconds since the Unix epoch; 0 when they are not deferred.
    package var deferredUntil: UInt64
    /// The delay asked for, in milliseconds: bounds the wait when the wall clock jumps.
    package var delay: UInt64
    /// Offset in the segment known to be durable when this was written: tells a torn tail from damage.
    package var syncedThrough: Int

    private static let controlFlag: UInt32 = 1

    /// Sequence after the last message.
    package var endSequence: UInt64 { firstSequence &+ UInt64(messageCount) }

    /// Bytes of header and payload together.
    package var totalBytes: Int { SegmentFormat.batchHeaderBytes + payloadBytes }

    /// Writes the header into 64 bytes at `destination`.
    package func encode(at destination: UnsafeMutableRawPointer) {
        func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, _ offset: Int) {
            destination.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
        }
        store(SegmentFormat.batchMagic, 0)
        store(UInt32(truncatingIfNeeded: payloadBytes), 8)
        store(payloadChecksum, 12)
        store(segmentUUID, 16)
        store(firstSequence, 24)
        store(UInt32(truncatingIfNeeded: messageCount), 32)
        store(isControl ? Self.controlFlag : 0, 36)
        store(deferredUntil, 40)
        store(delay, 48)
        store(UInt64(truncatingIfNeeded: syncedThrough), 56)
        let covered = UnsafeRawBufferPointer(start: destination + 8, count: 56)
        store(Checksum.crc32c(covered), 4)
    }

    /// Reads a header whose checksum, lengths and counts hold; `nil` when the bytes are none.
    ///
    /// - Parameter source: at least 64 bytes; fewer give `nil`.
    package init?(decoding source: UnsafeRawBufferPointer) {
        guard source.count >= SegmentFormat.batchHeaderBytes else { return nil }
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
            T(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        guard load(0, as: UInt32.self) == SegmentFormat.batchMagic else { return nil }
        let covered = UnsafeRawBufferPointer(rebasing: source[8..<SegmentFormat.batchHeaderBytes])
        guard load(4, as: UInt32.self) == Checksum.crc32c(covered) else { return nil }
        self.init(trusting: source)
        let smallest = messageCount &* SegmentFormat.messageHeaderBytes
        guard payloadBytes <= SegmentFormat.maximumPayloadBytes, payloadBytes >= smallest,
            isControl == (messageCount == 0)
        else { return nil }
    }

    /// Whether `source`, which holds no header, was one: of that segment, or of that message.
    static func isDamaged(
        _ source: UnsafeRawBufferPointer,
        segmentUUID: UInt64,
        firstSequence: UInt64
    ) -> Bool {
        guard source.count >= SegmentFormat.batchHeaderBytes else { return false }
        let found = Self(trusting: source)
        let magic = UInt32(littleEndian: source.loadUnaligned(as: UInt32.self))
        return found.segmentUUID == segmentUUID
            || magic == SegmentFormat.batchMagic && found.firstSequence == firstSequence
    }

    /// Reads the fields of a header that was verified before.
    ///
    /// `source` holds at least 64 bytes.
    package init(trusting source: UnsafeRawBufferPointer) {
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
            T(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        payloadBytes = Int(load(8, as: UInt32.self))
        payloadChecksum = load(12, as: UInt32.self)
        segmentUUID = load(16, as: UInt64.self)
        firstSequence = load(24, as: UInt64.self)
        messageCount = Int(load(32, as: UInt32.self))
        isControl = load(36, as: UInt32.self) & Self.controlFlag != 0
        deferredUntil = load(40, as: UInt64.self)
        delay = load(48, as: UInt64.self)
        syncedThrough = Int(truncatingIfNeeded: load(56, as: UInt64.self))
    }

    /// Composes a header.
    package init(
        payloadBytes: Int,
        payloadChecksum: UInt32,
        segmentUUID: UInt64,
        firstSequence: UInt64,
        messageCount: Int,
        isControl: Bool = false,
        deferredUntil: UInt64 = 0,
        delay: UInt64 = 0,
        syncedThrough: Int
    ) {
        self.payloadBytes = payloadBytes
        self.payloadChecksum = payloadChecksum
        self.segmentUUID = segmentUUID
        self.firstSequence = firstSequence
        self.messageCount = messageCount
        self.isControl = isControl
        self.deferredUntil = deferredUntil
        self.delay = delay
        self.syncedThrough = syncedThrough
    }
}
