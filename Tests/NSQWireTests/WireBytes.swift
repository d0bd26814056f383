/// Builds the bytes that a client sends.
enum WireBytes {
    /// The bytes of `text`.
    static func line(_ text: String) -> [UInt8] { Array("\(text)\n".utf8) }

    /// A 4-byte big-endian field.
    static func field(_ number: Int) -> [UInt8] {
        let bits = UInt32(truncatingIfNeeded: number)
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) }
    }

    /// A body behind its size.
    static func body(_ text: String) -> [UInt8] { field(text.utf8.count) + Array(text.utf8) }

    /// A command with a body.
    static func command(_ line: String, _ body: String) -> [UInt8] {
        Self.line(line) + Self.body(body)
    }

    /// MPUB with `bodies`, and `total` for the announced size unless it is to be right.
    static func multiPublish(_ topic: String, _ bodies: [String], total: Int? = nil) -> [UInt8] {
        let content = field(bodies.count) + bodies.flatMap(body)
        return line("MPUB \(topic)") + field(total ?? content.count) + content
    }
}
