/// The first 256 bytes of a segment file: whose it is, and where it begins.
package struct SegmentHeader: Equatable {
    /// Identifies this use of the file; batches repeat the low half, so that what a recycled file held
    /// before cannot be taken for its own.
    package var uuid: SegmentUUID
    /// The topic's number.
    package var topicID: UInt64
    /// The topic's name: the segment describes itself when the metadata is lost.
    package var topicName: String
    /// Sequence of the first message.
    package var firstSequence: UInt64
    /// When the segment was made, in milliseconds since the Unix epoch.
    package var createdMilliseconds: Int64

    /// Why bytes are not a header.
    package enum Flaw: Error, Equatable {
        /// Not ours, torn or damaged.
        case invalid
        /// Ours, by a newer version.
        case newerVersion(UInt32)
    }

    /// Writes the header into the first 256 bytes of `destination`.
    package func encode(into destination: UnsafeMutableRawBufferPointer) {
        let header = UnsafeMutableRawBufferPointer(
            rebasing: destination.prefix(SegmentFormat.headerBytes)
        )
        header.initializeMemory(as: UInt8.self, repeating: 0)
        header.storeBytes(of: SegmentFormat.magic.littleEndian, as: UInt64.self)
        header.storeBytes(
            of: SegmentFormat.version.littleEndian,
            toByteOffset: 8,
            as: UInt32.self
        )
        header.storeBytes(
            of: UInt32(SegmentFormat.headerBytes).littleEndian,
            toByteOffset: 12,
            as: UInt32.self
        )
        header.storeBytes(of: uuid.low.littleEndian, toByteOffset: 16, as: UInt64.self)
        header.storeBytes(of: uuid.high.littleEndian, toByteOffset: 24, as: UInt64.self)
        header.storeBytes(of: topicID.littleEndian, toByteOffset: 32, as: UInt64.self)
        header.storeBytes(of: firstSequence.littleEndian, toByteOffset: 40, as: UInt64.self)
        header.storeBytes(of: createdMilliseconds.littleEndian, toByteOffset: 48, as: Int64.self)
        let name = Array(topicName.utf8.prefix(64))
        header.storeBytes(of: UInt8(name.count), toByteOffset: 56, as: UInt8.self)
        UnsafeMutableRawBufferPointer(rebasing: header[64..<64 + name.count]).copyBytes(from: name)
        let sum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: header[..<252]))
        header.storeBytes(of: sum.littleEndian, toByteOffset: 252, as: UInt32.self)
    }

    /// Reads a header.
    ///
    /// Every version keeps the magic, the version and the checksum in their places: a newer one is never
    /// reported as damage, nor a damaged version as a newer one.
    package init(decoding source: UnsafeRawBufferPointer) throws(Flaw) {
        guard source.count >= SegmentFormat.headerBytes else { throw .invalid }
        guard UInt64(littleEndian: source.loadUnaligned(as: UInt64.self)) == SegmentFormat.magic
        else { throw .invalid }
        let sum = UInt32(littleEndian: source.loadUnaligned(fromByteOffset: 252, as: UInt32.self))
        guard sum == Checksum.crc32c(UnsafeRawBufferPointer(rebasing: source[..<252])) else {
            throw .invalid
        }
        let version = UInt32(littleEndian: source.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        if version > SegmentFormat.version { throw .newerVersion(version) }
        let nameCount = Int(source[56])
        guard nameCount <= 64 else { throw .invalid }
        uuid = SegmentUUID(
            low: UInt64(littleEndian: source.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
            high: UInt64(littleEndian: source.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
        )
        topicID = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: 32, as: UInt64.self))
        topicName = String(decoding: source[64..<64 + nameCount], as: UTF8.self)
        firstSequence = UInt64(
            littleEndian: source.loadUnaligned(fromByteOffset: 40, as: UInt64.self)
        )
        createdMilliseconds = Int64(
            littleEndian: source.loadUnaligned(fromByteOffset: 48, as: Int64.self)
        )
    }

    /// Composes a header.
    package init(
        uuid: SegmentUUID,
        topicID: UInt64,
        topicName: String,
        firstSequence: UInt64,
        createdMilliseconds: Int64
    ) {
        self.uuid = uuid
        self.topicID = topicID
        self.topicName = topicName
        self.firstSequence = firstSequence
        self.createdMilliseconds = createdMilliseconds
    }
}
