import NIOCore
import NSQWire

/// The bytes of an incomplete command, kept until the rest has come.
///
/// It grows with what was received, never with what a command announced. Only the bytes that the command
/// needs are moved into it; the commands behind are read where they are.
struct InputBuffer {
    /// Capacity that is kept while nothing is buffered; a larger one is given back.
    private static let keptCapacity = 65_536

    /// What the buffered command lacks.
    enum Need {
        /// The end of its line.
        case line
        /// That many bytes in all.
        case bytes(Int)
    }

    private(set) var bytes = ByteBuffer()

    /// Set by whoever read ``bytes`` to no end.
    var need = Need.line

    /// Bytes that are buffered.
    var byteCount: Int { bytes.readableBytes }

    /// Those of them that belong to IDENTIFY or AUTH.
    var handshakeByteCount: Int {
        switch bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) {
        case UInt8(ascii: "I"), UInt8(ascii: "A"): bytes.readableBytes
        default: 0
        }
    }

    /// Whether nothing is buffered.
    var isEmpty: Bool { bytes.readableBytes == 0 }

    /// Moves what the buffered command needs from the front of `source`, at least one byte.
    mutating func move(from source: inout ByteBuffer) {
        let count =
            switch need {
            case .bytes(let total): total - bytes.readableBytes
            case .line: Self.lineLength(in: source)
            }
        guard var piece = source.readSlice(length: min(max(1, count), source.readableBytes)) else {
            return
        }
        append(&piece)
    }

    /// Moves all of `source`.
    mutating func append(_ source: inout ByteBuffer) {
        guard source.readableBytes > 0 else { return }
        bytes.discardReadBytes()
        bytes.writeBuffer(&source)
    }

    /// Removes `count` bytes from the front.
    mutating func drop(_ count: Int) {
        bytes.moveReaderIndex(forwardBy: min(count, bytes.readableBytes))
        guard isEmpty else { return }
        if bytes.capacity > Self.keptCapacity {
            bytes = ByteBuffer()
        } else {
            bytes.clear()
        }
    }

    /// Bytes up to and including the first `\n`, or all that a line may have.
    private static func lineLength(in source: ByteBuffer) -> Int {
        let view = source.readableBytesView.prefix(ProtocolLine.maximumBytes)
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else { return view.count }
        return end - view.startIndex + 1
    }
}
