/// The constants and headers of ledger files, format version 1.
///
/// Byte tables: `docs/formats/ledger.md`.
package enum LedgerFormat {
    /// First eight bytes of a ledger file: "NSQLED\r\n" read little-endian.
    static let magic: UInt64 = 0x0a0d_4445_4c51_534e
    static let version: UInt32 = 1
    /// Bytes of the header.
    package static let headerBytes = 256
    static let blockMagic: UInt32 = 0x4b4c_4251
    /// Bytes of a block before its payload.
    package static let blockHeaderBytes = 32
    /// A ledger that grew beyond this is checkpointed into a new generation.
    package static let rotateBytes = 4 * 1024 * 1024
    /// Longest block payload that is believed.
    static let maximumBlockBytes = 1 << 30
    /// Bytes of a ledger that are read; what lies behind them is no ledger's.
    static let maximumBytes = 1 << 30

    /// The bytes of a ledger file, without the zeros that a hole at its end reads as.
    static func read(
        _ path: String,
        in fileSystem: any FileSystem
    ) throws(FileSystemError) -> [UInt8] {
        let file = try fileSystem.open(path, .readOnly)
        var bytes: [UInt8] = []
        var offset = 0
        while offset < maximumBytes {
            let chunk = try file.read(1 << 20, at: offset)
            if chunk.isEmpty { break }
            // A run of zeros is kept only when something follows it.
            if chunk.contains(where: { $0 != 0 }) {
                bytes += [UInt8](repeating: 0, count: offset - bytes.count)
                bytes += chunk
            }
            offset += chunk.count
        }
        return bytes
    }
}

/// The first 256 bytes of a ledger file.
package struct LedgerHeader: Equatable {
    /// The topic that the channel belongs to.
    package var topicID: UInt64
    /// The channel.
    package var channelID: UInt64
    /// The channel's name.
    package var channelName: String
    /// Counts the checkpoints that began a new file.
    package var generation: UInt64
    /// Blocks repeat it.
    package var uuid: UInt64

    /// Writes the header into the first 256 bytes of `destination`.
    package func encode(into destination: UnsafeMutableRawBufferPointer) {
        let header = UnsafeMutableRawBufferPointer(
            rebasing: destination.prefix(LedgerFormat.headerBytes)
        )
        header.initializeMemory(as: UInt8.self, repeating: 0)
        header.storeBytes(of: LedgerFormat.magic.littleEndian, as: UInt64.self)
        header.storeBytes(of: LedgerFormat.version.littleEndian, toByteOffset: 8, as: UInt32.self)
        header.storeBytes(of: topicID.littleEndian, toByteOffset: 16, as: UInt64.self)
        header.storeBytes(of: channelID.littleEndian, toByteOffset: 24, as: UInt64.self)
        header.storeBytes(of: generation.littleEndian, toByteOffset: 32, as: UInt64.self)
        header.storeBytes(of: uuid.littleEndian, toByteOffset: 40, as: UInt64.self)
        let name = Array(channelName.utf8.prefix(64))
        header.storeBytes(of: UInt8(name.count), toByteOffset: 56, as: UInt8.self)
        UnsafeMutableRawBufferPointer(rebasing: header[64..<64 + name.count]).copyBytes(from: name)
        let sum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: header[..<252]))
        header.storeBytes(of: sum.littleEndian, toByteOffset: 252, as: UInt32.self)
    }

    /// Reads a header; every version keeps the magic, the version and the checksum in their places.
    package init(decoding source: UnsafeRawBufferPointer) throws(SegmentHeader.Flaw) {
        guard source.count >= LedgerFormat.headerBytes,
            UInt64(littleEndian: source.loadUnaligned(as: UInt64.self)) == LedgerFormat.magic
        else { throw .invalid }
        func load(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        let sum = UInt32(littleEndian: source.loadUnaligned(fromByteOffset: 252, as: UInt32.self))
        guard sum == Checksum.crc32c(UnsafeRawBufferPointer(rebasing: source[..<252])) else {
            throw .invalid
        }
        let version = UInt32(littleEndian: source.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        if version > LedgerFormat.version { throw .newerVersion(version) }
        guard source[56] <= 64 else { throw .invalid }
        topicID = load(16)
        channelID = load(24)
        generation = load(32)
        uuid = load(40)
        channelName = String(decoding: source[64..<64 + Int(source[56])], as: UTF8.self)
    }

    /// Composes a header.
    package init(
        topicID: UInt64,
        channelID: UInt64,
        channelName: String,
        generation: UInt64,
        uuid: UInt64
    ) {
        self.topicID = topicID
        self.channelID = channelID
        self.channelName = channelName
        self.generation = generation
        self.uuid = uuid
    }
}

/// One checksummed block of a ledger: a checkpoint, or the entries of one flush.
package struct LedgerBlock {
    /// What the payload is.
    package enum Kind: UInt32 {
        /// A ``ChannelState``.
        case checkpoint = 1
        /// What ``LedgerEntries`` noted.
        case entries = 2
    }

    /// What the payload is.
    package var kind: Kind
    /// The bytes behind the header.
    package var payload: [UInt8]

    /// Composes a block.
    package init(kind: Kind, payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }

    /// Header and payload as they stand at `offset` of the ledger with `uuid`.
    package func encoded(uuid: UInt64, at offset: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(LedgerFormat.blockMagic)
        writer.write(UInt32(0))
        writer.write(UInt32(truncatingIfNeeded: payload.count))
        writer.write(kind.rawValue)
        writer.write(uuid)
        writer.write(UInt64(offset))
        var bytes = writer.bytes + payload
        let sum = bytes.withUnsafeBytes {
            Checksum.crc32c(UnsafeRawBufferPointer(rebasing: $0[8...]))
        }
        withUnsafeBytes(of: sum.littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
        return bytes
    }

    /// Reads the block at `offset` of a whole ledger file; `nil` when there is no valid one.
    package static func read(
        in file: UnsafeRawBufferPointer,
        at offset: Int,
        uuid: UInt64
    ) -> (kind: Kind, payload: UnsafeRawBufferPointer)? {
        guard file.count - offset >= LedgerFormat.blockHeaderBytes else { return nil }
        let bytes = UnsafeRawBufferPointer(rebasing: file[offset...])
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
            T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        let length = Int(load(8, as: UInt32.self))
        guard load(0, as: UInt32.self) == LedgerFormat.blockMagic,
            length <= bytes.count - LedgerFormat.blockHeaderBytes,
            load(16, as: UInt64.self) == uuid, load(24, as: UInt64.self) == UInt64(offset),
            let kind = Kind(rawValue: load(12, as: UInt32.self))
        else { return nil }
        let end = LedgerFormat.blockHeaderBytes + length
        let covered = UnsafeRawBufferPointer(rebasing: bytes[8..<end])
        guard load(4, as: UInt32.self) == Checksum.crc32c(covered) else { return nil }
        return (kind, UnsafeRawBufferPointer(rebasing: bytes[LedgerFormat.blockHeaderBytes..<end]))
    }
}
