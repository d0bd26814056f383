/// One command line in place: its name and its parameters, without the terminator.
///
/// The line is split at every single space and nothing is collapsed, so `A  B` has an empty second part and
/// a trailing space an empty last one. Not called `CommandLine`, which is the standard library's. The
/// pointers hold only as long as the input they were made from. Source: `nsqd` spec 1.2.
package struct ProtocolLine {
    /// Longest line in bytes, its `\n` included; the original's read buffer.
    package static let maximumBytes = 16_384

    private static let space = UInt8(ascii: " ")

    /// The bytes up to the first space.
    package let name: UnsafeRawBufferPointer
    private let text: UnsafeRawBufferPointer
    private var cursor: Int

    /// Takes the bytes before the `\n`; one `\r` at their end is no part of the line.
    package init(_ bytes: UnsafeRawBufferPointer) {
        let hasReturn = bytes.last == UInt8(ascii: "\r")
        text = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - (hasReturn ? 1 : 0))])
        cursor = ByteSearch.firstIndex(of: Self.space, in: text, limit: text.count) ?? text.count
        name = UnsafeRawBufferPointer(rebasing: text[..<cursor])
    }

    /// Whether any parameter, also an empty one, is left.
    package var hasParameter: Bool { cursor < text.count }

    /// The next parameter, possibly empty; `nil` when the line has no more.
    package mutating func nextParameter() -> UnsafeRawBufferPointer? {
        guard hasParameter else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: text[(cursor + 1)...])
        let length = ByteSearch.firstIndex(of: Self.space, in: rest, limit: rest.count)
        let parameter = UnsafeRawBufferPointer(rebasing: rest[..<(length ?? rest.count)])
        cursor += 1 + parameter.count
        return parameter
    }
}
