private import Glibc

/// Splits the body of `/mpub` into messages, without copying them.
///
/// Source: `nsqd` spec 4.3.
package enum PublishBody {
    /// What is wrong with a body; the codes are those of the spec.
    package enum Defect: Error {
        /// `BAD_BODY`: the count is unreadable or out of range.
        case badCount
        /// `BAD_MESSAGE`: an inner message is unreadable, empty, too big or short.
        case badMessage
        /// `MSG_TOO_BIG`: a line exceeds the limit.
        case lineTooLong
    }

    /// The non-empty lines of `body`; a carriage return belongs to its line.
    package static func lines(
        of body: UnsafeRawBufferPointer,
        maximumMessageBytes: Int
    ) throws(Defect) -> [UnsafeRawBufferPointer] {
        var messages: [UnsafeRawBufferPointer] = []
        var start = 0
        while start < body.count {
            let rest = UnsafeRawBufferPointer(rebasing: body[start...])
            let length = lineLength(rest)
            guard length <= maximumMessageBytes else { throw .lineTooLong }
            if length > 0 { messages.append(UnsafeRawBufferPointer(rebasing: rest[..<length])) }
            start += length + 1
        }
        return messages
    }

    /// The messages of a binary body: a count, then for each its length and its bytes, big-endian.
    ///
    /// What follows the last message is ignored.
    package static func messages(
        of body: UnsafeRawBufferPointer,
        maximumMessageBytes: Int,
        maximumBodyBytes: Int
    ) throws(Defect) -> [UnsafeRawBufferPointer] {
        guard let count = number(in: body, at: 0), count > 0,
            count <= (maximumBodyBytes - 4) / 5
        else { throw .badCount }
        var messages: [UnsafeRawBufferPointer] = []
        // Five bytes is the least that a message takes: a count alone reserves nothing.
        messages.reserveCapacity(min(count, body.count / 5))
        var offset = 4
        for _ in 0..<count {
            guard let length = number(in: body, at: offset), length > 0,
                length <= maximumMessageBytes, length <= body.count - offset - 4
            else { throw .badMessage }
            offset += 4
            messages.append(UnsafeRawBufferPointer(rebasing: body[offset..<(offset + length)]))
            offset += length
        }
        return messages
    }

    /// Bytes before the first newline, all of them without one.
    private static func lineLength(_ bytes: UnsafeRawBufferPointer) -> Int {
        // SAFETY: memchr reads at most `bytes.count` bytes from the buffer's own base.
        guard let base = bytes.baseAddress, let newline = memchr(base, 0x0a, bytes.count) else {
            return bytes.count
        }
        return UnsafeRawPointer(newline) - base
    }

    /// The signed 32-bit number at `offset`; `nil` past the end.
    ///
    /// `offset` never exceeds the count.
    private static func number(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        guard bytes.count - offset >= 4 else { return nil }
        let raw = bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
        return Int(Int32(bigEndian: raw))
    }
}
