package import NIOCore

/// Writes the frames that a server sends: size, type, data.
///
/// The size counts the type and the data. Message frames come ready from the broker. Source: `nsqd` spec 1.3.
package enum Frame {
    /// Bytes before the data.
    package static let headerByteCount = 8

    /// The type field.
    private enum Kind: UInt32 {
        case response = 0
        case error = 1
    }

    /// Bytes of one OK frame.
    private static let okByteCount = 10

    /// Appends a response frame with `data`.
    package static func writeResponse(_ data: some Collection<UInt8>, to buffer: inout ByteBuffer) {
        write(data, as: .response, to: &buffer)
    }

    /// Appends a response frame with `text`.
    package static func writeResponse(_ text: StaticString, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(truncatingIfNeeded: 4 &+ text.utf8CodeUnitCount))
        buffer.writeInteger(Kind.response.rawValue)
        buffer.writeStaticString(text)
    }

    /// Appends the error frame of `error`.
    package static func writeError(_ error: ProtocolError, to buffer: inout ByteBuffer) {
        write(error.data, as: .error, to: &buffer)
    }

    /// Appends `count` frames `OK`, the answers to that many publishes.
    package static func writeOKs(_ count: Int, to buffer: inout ByteBuffer) {
        guard count > 0 else { return }
        let byteCount = count &* okByteCount
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount) { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            let header = UInt64(bigEndian: 6 << 32 | UInt64(Kind.response.rawValue))
            let text = UInt16(bigEndian: 0x4F4B)
            for offset in stride(from: 0, to: byteCount, by: okByteCount) {
                (base + offset).storeBytes(of: header, as: UInt64.self)
                (base + offset + 8).storeBytes(of: text, as: UInt16.self)
            }
            return byteCount
        }
    }

    private static func write(
        _ data: some Collection<UInt8>,
        as kind: Kind,
        to buffer: inout ByteBuffer
    ) {
        buffer.writeInteger(UInt32(truncatingIfNeeded: 4 &+ data.count))
        buffer.writeInteger(kind.rawValue)
        buffer.writeBytes(data)
    }
}
